import { h, setText } from "./dom.js";
import { goTo } from "./address.js";
import { shell } from "./shell.js";

// A view of a list that is searched by a text in its address.
export class ListView extends HTMLElement {
	abort = new AbortController();
	address = null;
	heading = h("h1", { tabindex: -1 });
	fresh = h("span");
	search = h("input", { type: "search", "data-search": true, autocomplete: "off", spellcheck: "false", on: { input: () => this.go({ q: this.search.value }) } });

	disconnectedCallback() {
		this.abort.abort();
	}

	// Takes an address; returns whether its category is another one than before.
	take(address, title) {
		const other = address.category !== this.address?.category;
		this.address = address;
		shell.title(title);
		setText(this.heading, title);
		if (this.search.value !== this.param("q")) {
			this.search.value = this.param("q");
		}
		return other;
	}

	param(name) {
		return this.address.params.get(name) ?? "";
	}

	// Changes parameters of the address.
	go(changed) {
		const params = { ...Object.fromEntries(this.address.params), ...changed };
		goTo({ ...this.address, params }, { replace: true });
	}
}
