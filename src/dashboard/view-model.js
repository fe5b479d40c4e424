import { put } from "./dom.js";
import { viewHead } from "./parts.js";
import { shell } from "./shell.js";

export class ViewModel extends HTMLElement {
	#abort = new AbortController();

	show(address) {
		shell.title("Model");
		put(this, viewHead("Model", address.category + " " + address.rest));
	}

	refresh(category) {
	}

	disconnectedCallback() {
		this.#abort.abort();
	}
}
