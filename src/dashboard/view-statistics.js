import { put } from "./dom.js";
import { viewHead } from "./parts.js";
import { shell } from "./shell.js";

export class ViewStatistics extends HTMLElement {
	#abort = new AbortController();

	show(address) {
		shell.title("Statistics");
		put(this, viewHead("Statistics", address.category + " " + address.rest));
	}

	refresh(category) {
	}

	disconnectedCallback() {
		this.#abort.abort();
	}
}
