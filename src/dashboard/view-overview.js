import { put } from "./dom.js";
import { viewHead } from "./parts.js";
import { shell } from "./shell.js";

export class ViewOverview extends HTMLElement {
	#abort = new AbortController();

	show(address) {
		shell.title("Overview");
		put(this, viewHead("Overview", address.category + " " + address.rest));
	}

	refresh(category) {
	}

	disconnectedCallback() {
		this.#abort.abort();
	}
}
