import { put } from "./dom.js";
import { viewHead } from "./parts.js";
import { shell } from "./shell.js";

export class ViewUnlisted extends HTMLElement {
	#abort = new AbortController();

	show(address) {
		shell.title("Unlisted");
		put(this, viewHead("Unlisted", address.category + " " + address.rest));
	}

	refresh(category) {
	}

	disconnectedCallback() {
		this.#abort.abort();
	}
}
