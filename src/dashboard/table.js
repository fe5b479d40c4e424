import { h, pause, put } from "./dom.js";
import { visibleName } from "./parts.js";

// Rows beyond the edge of what is seen that are there for a scroll that is faster than us.
const TABLE_SPARE = 150;
const TABLE_REST = 150;
const TABLE_ROW_GUESS = 45;
// What a column without a width has at least, in rem.
const TABLE_LEAST = 12;

// A native table of any number of rows, of which those in sight are in the document, with
// what stands for the others above and below. Rows may differ in height: each is measured
// when it is drawn, and what is looked at stays where it is.
//
// setup() says of what it is, show() which rows. A row is a number of the owner's; name(row)
// is what it is known by over a refresh, and what marks are made of. Of the columns
// {id, label, help, width (rem; null: what is left), numeric, sort (bool), fill(cell, row)}
// the first is the header of its row; a link in it is what Enter opens.
// Keys: arrows, Home, End, Page Up and Down go by rows, Space marks, with Shift from the
// row that was marked last.
// Events: "sort" {detail: id}, "marks", "rest": all that is to be seen is there, and not scrolled any more.
export class HyTable extends HTMLElement {
	rows = [];
	heights = new Float32Array(0);
	marks = new Set();
	current = 0;
	first = 0;
	last = 0;
	drawn = new Map();

	constructor() {
		super();
		this.guess = TABLE_ROW_GUESS;
		// Not in the task that draws where it was scrolled to: that is one of the longest.
		this.onScroll = () => {
			pause().then(() => this.draw());
			clearTimeout(this.resting);
			this.resting = setTimeout(() => this.rest(), TABLE_REST);
		};
		this.resized = new ResizeObserver(() => {
			if (this.offsetWidth !== this.width) {
				this.width = this.offsetWidth;
				this.heights.fill(0);
				this.guess = TABLE_ROW_GUESS;
				this.redraw();
			}
		});
	}

	connectedCallback() {
		addEventListener("scroll", this.onScroll, { passive: true, capture: true });
		addEventListener("resize", this.onScroll);
		this.resized.observe(this);
	}

	disconnectedCallback() {
		removeEventListener("scroll", this.onScroll, { capture: true });
		removeEventListener("resize", this.onScroll);
		clearTimeout(this.resting);
		this.resized.disconnect();
	}

	// caption: what it is, for those who hear it; columns; name(row); marked: whether rows
	// can be marked.
	setup({ caption, columns, name, marked = false }) {
		Object.assign(this, { columns, name, marked });
		const wide = columns.reduce((sum, column) => sum + (column.width ?? TABLE_LEAST), 3);
		const span = columns.length + (marked ? 1 : 0);
		this.above = h("td", { colspan: span });
		this.below = h("td", { colspan: span });
		this.body = h("tbody");
		this.markAll = marked ? h("input", { type: "checkbox", "aria-label": "Mark all shown", on: { change: () => this.markShown(this.markAll.checked) } }) : null;
		this.top = h("tbody", { "aria-hidden": true }, h("tr", null, this.above));
		this.table = h("table", { style: { "--wide": wide + "rem" } },
			h("caption", { class: "sr" }, caption),
			h("colgroup", null, marked ? h("col", { style: { width: "2.5rem" } }) : null,
				columns.map((column) => h("col", { style: { width: column.width ? column.width + "rem" : "auto" } }))),
			h("thead", null, h("tr", { "aria-rowindex": 1 },
				marked ? h("th", { scope: "col" }, this.markAll) : null,
				columns.map((column) => this.head(column)))),
			this.top,
			this.body,
			h("tbody", { "aria-hidden": true }, h("tr", null, this.below)));
		this.region = h("div", { class: "table-region", role: "region", "aria-label": caption, tabindex: 0, on: { keydown: (event) => this.key(event) } }, this.table);
		this.body.addEventListener("click", (event) => this.clicked(event));
		this.body.addEventListener("focusin", (event) => this.focused(event));
		this.drawn.clear();
		put(this, this.region);
	}

	head(column) {
		const click = () => this.dispatchEvent(new CustomEvent("sort", { detail: column.id }));
		return h("th", { scope: "col", class: column.numeric ? "num" : null, title: column.help, "data-column": column.id },
			column.sort ? h("button", { type: "button", class: "table-sort", on: { click } }, column.label) : column.label);
	}

	// Says by what the rows are sorted.
	sort({ id, descending }) {
		for (const head of this.table.tHead.querySelectorAll("[data-column]")) {
			if (head.dataset.column === id) {
				head.setAttribute("aria-sort", descending ? "descending" : "ascending");
			} else {
				head.removeAttribute("aria-sort");
			}
		}
	}

	// Shows rows (an array of any kind). first and total: where they begin, and of how many
	// they are a part, in pages. held, from hold(): what is to stay where it was.
	show(rows, { first = 0, total = rows.length, held = null } = {}) {
		this.rows = rows;
		this.offset = first;
		this.heights = new Float32Array(rows.length);
		this.table.setAttribute("aria-rowcount", total + 1);
		const at = held ? this.indexOf(held.name) : -1;
		const focus = held?.focus ? this.indexOf(held.focus) : -1;
		this.current = Math.max(0, focus >= 0 ? focus : Math.min(this.current, rows.length - 1));
		this.drawn.clear();
		this.first = this.last = -1;
		put(this.body);
		// The region is as high as what is in it, and says what is seen.
		this.space(Math.max(0, at), Math.max(0, at));
		if (at >= 0) {
			this.scrollFor(this.sumTo(at) + this.top.getBoundingClientRect().top - held.top);
		} else if (!held) {
			this.region.scrollTop = 0;
			if (this.getBoundingClientRect().top < 0) {
				this.scrollIntoView();
			}
		}
		this.draw();
		if (at >= 0 && this.drawn.has(at)) {
			this.scrollFor(this.drawn.get(at).getBoundingClientRect().top - held.top);
			this.draw();
		}
		if (focus >= 0) {
			this.focusRow(focus, held.part);
		}
		this.tellMarks();
	}

	// To be asked before the rows are replaced: the row that has the focus, or the uppermost
	// in sight, and where it is.
	hold() {
		const at = [...this.drawn.keys()].find((i) => this.drawn.get(i).contains(document.activeElement));
		const seen = at ?? (this.body ? this.range(0).seen : -1);
		if (!this.drawn.has(seen)) {
			return null;
		}
		const name = this.name(this.rows[seen]);
		return {
			name,
			top: this.drawn.get(seen).getBoundingClientRect().top,
			focus: at === undefined ? null : name,
			part: document.activeElement?.tagName,
		};
	}

	indexOf(name) {
		return this.rows.findIndex((row) => this.name(row) === name);
	}

	// Where rows are seen, in pixels of the window.
	sight() {
		const box = this.region.getBoundingClientRect();
		const head = this.table.tHead.getBoundingClientRect().height;
		return { top: Math.max(box.top + head, 0), bottom: Math.min(box.bottom, innerHeight) };
	}

	heightOf(i) {
		return this.heights[i] || this.guess;
	}

	sumTo(end, start = 0) {
		let sum = 0;
		for (let i = start; i < end; i += 1) {
			sum += this.heightOf(i);
		}
		return sum;
	}

	// Scrolls by so many pixels, whichever it is that scrolls.
	scrollFor(by) {
		if (Math.abs(by) >= 1) {
			const scroller = this.region.scrollHeight > this.region.clientHeight + 1 ? this.region : document.scrollingElement;
			scroller.scrollTop += by;
		}
	}

	// What stands for the rows that are not in [first, last).
	space(first, last) {
		this.above.style.height = this.sumTo(first) + "px";
		this.below.style.height = this.sumTo(this.rows.length, last) + "px";
	}

	// Which rows are to be drawn, [first, last), and the first of them that is seen.
	range(spare) {
		const { top, bottom } = this.sight();
		const n = this.rows.length;
		let y = this.top.getBoundingClientRect().top;
		let i = 0;
		const upTo = (edge) => {
			while (i < n && y + this.heightOf(i) <= edge) {
				y += this.heightOf(i);
				i += 1;
			}
			return i;
		};
		const first = upTo(top - spare);
		const seen = upTo(top);
		const last = Math.min(n, upTo(bottom + spare) + 1);
		return { first: Math.min(first, Math.max(0, n - 1)), seen, last };
	}

	// Draws anew what is drawn, for other rows, marks or widths.
	redraw() {
		if (this.body) {
			this.first = -1;
			this.draw();
		}
	}

	rest() {
		this.draw();
		this.dispatchEvent(new Event("rest"));
	}

	// Reads where everything is, then writes, then measures: each change between two looks
	// would have the browser lay out everything once more.
	draw() {
		if (!this.body || !this.isConnected) {
			return;
		}
		let { first, seen, last } = this.range(TABLE_SPARE);
		if (first === this.first && last === this.last) {
			return;
		}
		// Of other rows than those that are there, what is seen comes first.
		if (first >= this.last || last <= this.first) {
			({ first, seen, last } = this.range(0));
			pause().then(() => this.rest());
		}
		this.replaceRows(first, last);
		this.space(first, last);
		// What is above what is looked at must not push it.
		const before = this.sumTo(seen, first);
		this.measure();
		this.scrollFor(this.sumTo(seen, first) - before);
	}

	replaceRows(first, last) {
		Object.assign(this, { first, last });
		for (const [i, node] of this.drawn) {
			if (i < first || i >= last) {
				// The focus would be lost with its row: the keys go on from the region.
				if (node.contains(document.activeElement)) {
					this.region.focus({ preventScroll: true });
				}
				node.remove();
				this.drawn.delete(i);
			}
		}
		let next = this.body.firstChild;
		for (let i = first; i < last; i += 1) {
			const node = this.drawn.get(i);
			if (node) {
				next = node.nextSibling;
			} else {
				const made = this.row(i);
				this.drawn.set(i, made);
				this.body.insertBefore(made, next);
			}
		}
	}

	// The first rows say how high those are that were never seen.
	measure() {
		for (const [i, node] of this.drawn) {
			this.heights[i] = node.getBoundingClientRect().height;
		}
		if (this.guess === TABLE_ROW_GUESS && this.drawn.size > 0) {
			this.guess = this.sumTo(this.last, this.first) / this.drawn.size;
			this.space(this.first, this.last);
		}
	}

	row(i) {
		const row = this.rows[i];
		const name = this.name(row);
		const stop = i === this.current ? 0 : -1;
		const node = h("tr", { "aria-rowindex": this.offset + i + 2 });
		if (this.marked) {
			const box = h("input", { type: "checkbox", tabindex: stop, "aria-label": "Mark " + visibleName(name) });
			box.checked = this.marks.has(name);
			node.append(h("td", { class: "table-mark" }, box));
		}
		this.columns.forEach((column, k) => {
			const cell = h(k ? "td" : "th", { class: column.numeric ? "num" : null, scope: k ? null : "row", "data-label": column.label });
			column.fill(cell, row);
			node.append(cell);
		});
		node.querySelector("a")?.setAttribute("tabindex", stop);
		return node;
	}

	// The row in which an event was, or -1.
	rowOf(event) {
		const node = event.target.closest("tr");
		for (const [i, drawn] of this.drawn) {
			if (drawn === node) {
				return i;
			}
		}
		return -1;
	}

	stopOf(i, part) {
		const node = this.drawn.get(i);
		return (part === "INPUT" ? null : node?.querySelector("a")) ?? node?.querySelector("input");
	}

	focused(event) {
		const i = this.rowOf(event);
		if (i < 0 || i === this.current) {
			return;
		}
		for (const [k, value] of [[this.current, -1], [i, 0]]) {
			this.drawn.get(k)?.querySelectorAll("a, input").forEach((node) => node.setAttribute("tabindex", value));
		}
		this.current = i;
	}

	// Brings row i into sight and gives it the focus.
	focusRow(i, part) {
		const to = Math.max(0, Math.min(i, this.rows.length - 1));
		if (this.rows.length === 0) {
			return;
		}
		const { top, bottom } = this.sight();
		const distance = () => {
			const y = this.top.getBoundingClientRect().top + this.sumTo(to);
			const end = y + this.heightOf(to);
			return y < top ? y - top : end > bottom ? end - bottom : 0;
		};
		// Rows on the way are measured, and are not as high as was thought.
		for (let tries = 0; tries < 4 && (distance() || !this.drawn.has(to)); tries += 1) {
			this.scrollFor(distance());
			this.draw();
		}
		this.stopOf(to, part)?.focus({ preventScroll: true });
	}

	key(event) {
		if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("thead")) {
			return;
		}
		const { top, bottom } = this.sight();
		const page = Math.max(1, Math.floor((bottom - top) / this.guess) - 1);
		const inside = this.body.contains(event.target);
		const at = this.current;
		const to = { ArrowDown: inside ? at + 1 : at, ArrowUp: inside ? at - 1 : at, PageDown: at + page, PageUp: at - page, Home: 0, End: this.rows.length - 1 }[event.key];
		if (to !== undefined) {
			event.preventDefault();
			this.focusRow(to, event.target.tagName);
		} else if (event.key === " " && inside && this.marked) {
			event.preventDefault();
			this.mark(at, event.shiftKey);
		} else if (event.key === "Enter" && event.target.tagName === "INPUT") {
			this.stopOf(at)?.click();
		}
	}

	clicked(event) {
		const i = event.target.matches("input") ? this.rowOf(event) : -1;
		if (i >= 0) {
			this.mark(i, event.shiftKey, event.target.checked);
		}
	}

	// Marks row i or not; with range so all rows from the one that was marked last.
	mark(i, range, on = !this.marks.has(this.name(this.rows[i]))) {
		const from = range && this.marking !== undefined ? this.marking : i;
		for (let k = Math.min(i, from); k <= Math.max(i, from) && k < this.rows.length; k += 1) {
			this.setMark(k, on);
		}
		this.marking = i;
		this.tellMarks();
	}

	setMark(i, on) {
		const name = this.name(this.rows[i]);
		if (on) {
			this.marks.add(name);
		} else {
			this.marks.delete(name);
		}
	}

	// Marks the first so many of what is shown, or takes their marks away.
	markShown(on, count = this.rows.length) {
		for (let i = 0; i < Math.min(count, this.rows.length); i += 1) {
			this.setMark(i, on);
		}
		this.tellMarks();
	}

	// Of marks there remain those of these names.
	forget(names) {
		const known = this.marks.size > 0 && new Set(names);
		this.marks.forEach((name) => known.has(name) || this.marks.delete(name));
	}

	clearMarks() {
		this.marks.clear();
		this.tellMarks();
	}

	tellMarks() {
		if (!this.marked) {
			return;
		}
		let here = 0;
		if (this.marks.size > 0) {
			for (const row of this.rows) {
				here += this.marks.has(this.name(row)) ? 1 : 0;
			}
		}
		for (const [i, node] of this.drawn) {
			const on = this.marks.has(this.name(this.rows[i]));
			node.querySelector("input").checked = on;
			node.classList.toggle("marked", on);
		}
		this.markAll.checked = here > 0 && here === this.rows.length;
		this.markAll.indeterminate = here > 0 && here < this.rows.length;
		this.dispatchEvent(new Event("marks"));
	}
}

customElements.define("hy-table", HyTable);
