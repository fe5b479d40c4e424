import { h, put, setText, svg, uid } from "./dom.js";
import { href } from "./address.js";
import { answerAge } from "./api.js";
import { FLAGS, STATES, age } from "./words.js";

// Icons of 16 × 16, drawn with one line each: they say it by form, not only by colour.
const PARTS_ICONS = {
	check: "M3 8.5l3.2 3.2L13 5",
	clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.2 1.6",
	warning: "M8 2.2L14.4 13.6H1.6zM8 6.6v3M8 11.6v.2",
	cross: "M4 4l8 8M12 4l-8 8",
	circle: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z",
	copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
	download: "M8 2v8.2M4.6 7l3.4 3.4L11.4 7M2.8 13.6h10.4",
	help: "M5.8 6.2a2.2 2.2 0 1 1 3.2 2c-.8.5-1 .9-1 1.7M8 12v.2",
};

// For eyes only: what it says stands beside it in words.
export function icon(name) {
	return svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": true }, svg("path", { d: PARTS_ICONS[name] }));
}

// A word with an icon in the colour of a tone: ok, warn, bad, none.
export function badge(text, iconName, tone, title) {
	return h("span", { class: "badge tone-" + tone, title }, icon(iconName), h("span", { text }));
}

export function stateBadge(state) {
	const known = STATES[state] ?? { words: state, icon: "circle", tone: "none" };
	return badge(known.words, known.icon, known.tone, known.help);
}

export function flagChip(name) {
	return h("span", { class: "chip flag", title: FLAGS[name]?.help }, FLAGS[name]?.words ?? name);
}

const PARTS_LONG = 40;
const PARTS_HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

// A name of others as a text: what cannot be seen or would turn what stands around it is
// written as its number. Right-to-left letters stay what they are.
export function visibleName(name) {
	return name.replace(PARTS_HIDDEN, (c) => "\\u" + c.codePointAt(0).toString(16).padStart(4, "0"));
}

// The same as an element, isolated from the direction of what stands around it. In lists the
// end of a long one is in its title alone.
export function nameText(name) {
	const text = visibleName(name);
	return h("bdi", { class: "name", title: text.length > PARTS_LONG ? text : null, text });
}

// ---- states of a view ----

export function loading(text = "Loading") {
	return h("p", { class: "note loading", role: "status" }, text + " …");
}

export function emptyNote(text, ...more) {
	return h("div", { class: "note empty", role: "status" }, h("p", { text: visibleName(text) }), more);
}

// Instead of what only categories with deletion risk have.
export function uncounted(category) {
	return emptyNote("There is no deletion risk of this category: AI Horde counts no use of its models.", h("p", {}, h("a", { href: href("statistics", category) }, "Its statistics")));
}

function partsProblem(error) {
	if (error.offline) {
		return ["The daemon does not answer", error.detail + ". The page tries again by itself."];
	}
	if (error.unreadable) {
		return ["The answer cannot be read", error.detail + "."];
	}
	if (error.status === 503) {
		return ["No data to show", "The daemon has no data of this yet, or only data that are too old to be served: " + error.detail + ". The overview says why."];
	}
	if (error.status === 404) {
		return ["This is not here", error.detail];
	}
	if (error.status) {
		return ["The daemon refuses this", error.detail + " (" + error.status + ")"];
	}
	return ["The page made a mistake", String(error.message ?? error)];
}

// What went wrong, in words, with what helps. retry: what the button calls, or none.
export function problem(error, retry) {
	const [title, text] = partsProblem(error);
	const wait = error.retryAfter ? h("p", { class: "muted" }, "It may be there in " + age(error.retryAfter) + ".") : null;
	return h(
		"div",
		{ class: "problem tone-" + (error.status === 503 || error.status === 404 ? "warn" : "bad"), role: error.offline ? "alert" : "status" },
		h("p", { class: "problem-title" }, icon("warning"), title),
		h("p", { text: visibleName(text) }),
		wait,
		h("p", { class: "row" }, retry ? h("button", { type: "button", on: { click: retry } }, "Try again") : null, error.status === 503 ? h("a", { href: href("overview") }, "Overview") : null),
	);
}

// ---- time that passes ----

// A text of an age that goes on by itself: of Date.now()/1000 - since. Below two minutes it
// is set each second, then each minute. With prefix and suffix: "data of ", " ago".
class TickText extends HTMLElement {
	#timer = 0;
	since = 0;
	write = age;

	connectedCallback() {
		this.#tick();
	}

	disconnectedCallback() {
		clearTimeout(this.#timer);
	}

	update(since) {
		this.since = since;
		clearTimeout(this.#timer);
		if (this.isConnected) {
			this.#tick();
		}
	}

	#tick() {
		const seconds = Date.now() / 1000 - this.since;
		setText(this, this.write(seconds));
		this.#timer = setTimeout(() => this.#tick(), Math.abs(seconds) < 120 ? 1000 : 15000);
	}
}
customElements.define("hy-tick", TickText);

// since in Unix seconds; write(seconds since then) is the text. ".update(since)" sets it
// anew.
export function ticking(since, write = age) {
	const node = document.createElement("hy-tick");
	node.since = since;
	node.write = write;
	return node;
}

// "data of 3 min ago", of an answer of fetchJson(); it goes on by itself. error: why there is
// no newer one; that nobody answers is said above the view.
export function freshnessNote(answer, error = null) {
	const old = answerAge(answer);
	return h("span", { class: "muted freshness" },
		old === null ? null : ticking(Date.now() / 1000 - old, (s) => "data of " + age(s) + " ago"),
		error && !error.offline ? [" ", badge("No newer data: " + error.message, "warning", "warn")] : null);
}

// ---- texts to take away ----

export function textDialog(title, text) {
	const area = h("textarea", { readonly: true, rows: 16, "aria-label": title, text });
	const id = uid();
	const dialog = h(
		"dialog",
		{ class: "dialog", "aria-labelledby": id, on: { close: () => dialog.remove() } },
		h("h2", { id, text: title }),
		h("p", { class: "muted" }, "The browser lets no page use the clipboard here: copy the text from the field."),
		area,
		h("p", { class: "row" }, h("button", { type: "button", on: { click: () => dialog.close() } }, "Close")),
	);
	document.body.append(dialog);
	dialog.showModal();
	area.select();
}

// Says a text to screen readers, without showing it.
export function announce(text) {
	const region = document.getElementById("announce");
	if (region) {
		region.textContent = "";
		setTimeout(() => setText(region, text), 50);
	}
}

// A button that copies what textFn() returns, at once or as a promise, and says so.
export function copyButton(label, textFn) {
	const word = h("span", { text: label });
	let timer = 0;
	const click = async () => {
		const text = await textFn();
		try {
			await navigator.clipboard.writeText(text);
		} catch {
			textDialog(label, text);
			return;
		}
		setText(word, "Copied");
		announce("Copied");
		clearTimeout(timer);
		timer = setTimeout(() => setText(word, label), 2000);
	};
	return h("button", { type: "button", class: "quiet", "aria-label": label, on: { click } }, icon("copy"), word);
}

// A button that saves what textFn() returns as a file.
export function downloadLink(label, filename, type, textFn) {
	const click = async () => {
		const url = URL.createObjectURL(new Blob([await textFn()], { type }));
		h("a", { href: url, download: filename }).click();
		setTimeout(() => URL.revokeObjectURL(url), 10000);
	};
	return h("button", { type: "button", class: "quiet", on: { click } }, icon("download"), h("span", { text: label }));
}

// ---- pages of a view ----

// A table with a head: texts, those of columns of numbers with a "#" before them, or cells.
export function table(heads, ...rows) {
	const cell = (head) => (typeof head === "string" ? h("th", { scope: "col", class: head[0] === "#" && "num" }, head.replace("#", "")) : head);
	return h("table", {}, h("thead", {}, h("tr", {}, heads.map(cell))), rows);
}

// The head of a view: its only h1, and what stands beside it.
export function viewHead(title, ...beside) {
	return h("div", { class: "view-head" }, h("h1", { tabindex: -1 }, title), beside);
}

const partsShown = new WeakMap();

// Puts what make() returns (a node, a text, or a list) into a node, unless it has that of
// this key already: what has not changed keeps its focus, its selection and its place.
export function swap(node, key, make) {
	if (partsShown.get(node) !== key) {
		partsShown.set(node, key);
		put(node, make());
	}
}
