import { put } from "./dom.js";
import { viewHead } from "./parts.js";
import { shell } from "./shell.js";

export class ViewChanges extends HTMLElement {
	#abort = new AbortController();

	show(address) {
		shell.title("Changes");
		put(this, viewHead("Changes", address.category + " " + address.rest));
	}

	refresh(category) {
	}

	disconnectedCallback() {
		this.#abort.abort();
	}
}
