import { put } from "./dom.js";
import { viewHead } from "./parts.js";
import { shell } from "./shell.js";

export class ViewModels extends HTMLElement {
	#abort = new AbortController();

	show(address) {
		shell.title("Models");
		put(this, viewHead("Models", address.category + " " + address.rest));
	}

	refresh(category) {
	}

	disconnectedCallback() {
		this.#abort.abort();
	}
}
