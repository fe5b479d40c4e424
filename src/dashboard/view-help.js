import { h, put } from "./dom.js";
import { viewHead } from "./parts.js";
import { shell } from "./shell.js";

// The keys of the page, for the dialog and the help.
export function helpKeys() {
	const keys = [["/", "search"], ["?", "these keys"], ["g o", "overview"], ["g m", "models"], ["g c", "changes"], ["g u", "unlisted names"], ["g s", "statistics"], ["g h", "help"]];
	return h("dl", { class: "keys" }, keys.map(([key, text]) => [h("dt", {}, key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, text)]));
}

export class ViewHelp extends HTMLElement {
	show() {
		shell.title("Help");
		put(this, viewHead("Help"), helpKeys());
	}

	refresh() {
	}

	disconnectedCallback() {
	}
}
