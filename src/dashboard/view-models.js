import { $, h, pause, put, setText, uid } from "./dom.js";
import { CATEGORIES, FLAGS, PRESETS, count, isRiskCategory, number } from "./words.js";
import { connection, fetchJson, statisticsPath } from "./api.js";
import { goTo, href } from "./address.js";
import { announce, copyButton, downloadLink, emptyNote, freshnessNote, loading, problem, uncounted, viewHead, visibleName } from "./parts.js";
import { toCsv, toMarkdown } from "./export.js";
import { sparkline } from "./chart.js";
import { shell } from "./shell.js";
import { HyTable } from "./table.js";
import { ModelSet } from "./models-data.js";
import { MODELS_COLUMNS, MODELS_DEFAULT } from "./models-columns.js";

const MODELS_MODES = {
	"": ["Models", "Each model; usage is that of its whole family"],
	"grouped": ["Families", "One row for each family: names that are the same but for author, size and version"],
	"variations": ["Exact names", "Each model; usage is that of its own name, at all backends"],
};
const MODELS_PARAMS = { "": {}, "grouped": { group_text_models: true }, "variations": { include_backend_variations: true } };
const MODELS_PAGES = [10, 25, 50, 100];
// Rows of history asked for at once; so many rows that nobody wants are cheaper than
// another request.
const MODELS_RUN = 50;
const MODELS_GAP = 6;
const MODELS_REQUESTS = 5;
const MODELS_TYPING = 300;
const MODELS_NO_BASELINE = "-";
const MODELS_LINES = 500;
const MODELS_LATER = 5000;

// Marks outlive the view: who marks looks at single models between.
const modelsMarks = new Map();
// Where a model was opened, for who comes back from it: {hash, held}.
let modelsLeft = null;
// The list that it was opened from: {hash, category, names}.
let modelsWalked = null;

// Where a model stands in the list that one was opened from last, which may be another:
// {hash of that list, place from 0, total, previous, next (names, or undefined)}, or null.
export function modelsWay(category, name) {
	const place = modelsWalked?.category === category ? modelsWalked.names.indexOf(name) : -1;
	if (place < 0) {
		return null;
	}
	const { hash, names } = modelsWalked;
	return { hash, place, total: names.length, previous: names[place - 1], next: names[place + 1] };
}

function modelsAtLeast(text) {
	return /^\d{1,6}$/.test(text ?? "") ? Number(text) : 0;
}

// The index that a filter wants; -2: no model has it.
function modelsBaseline(set, name) {
	const index = set.baselines.indexOf(name);
	return name === "" ? null : index < 0 && name !== MODELS_NO_BASELINE ? -2 : index;
}

// What an address asks for. Whatever it says, something is shown.
function modelsWanted({ category, params }) {
	const get = (name) => params.get(name) ?? "";
	const one = (name, values) => (values.includes(get(name)) ? get(name) : "");
	const sort = get("sort") || "-risk";
	const ids = get("columns").split(",").filter((id) => MODELS_COLUMNS.some((column) => column.id === id));
	const id = sort.replace(/^-/, "");
	const sortable = MODELS_COLUMNS.some((column) => column.id === id && column.sort);
	return {
		category,
		mode: category === "text_generation" ? one("mode", Object.keys(MODELS_MODES)) : "",
		q: get("q"),
		preset: one("preset", PRESETS.map((preset) => preset.name)),
		flags: get("flags").split(",").filter((name) => FLAGS[name]),
		baseline: get("baseline"),
		workers: one("workers", ["none", "some"]),
		nsfw: one("nsfw", ["only", "no"]),
		days: modelsAtLeast(get("days")),
		score: modelsAtLeast(get("score")),
		sort: sortable ? { id, descending: sort.startsWith("-") } : { id: "risk", descending: true },
		columns: ids.length ? ["name", ...ids.filter((known) => known !== "name")] : MODELS_DEFAULT,
		rows: MODELS_PAGES.includes(Number(get("rows"))) ? Number(get("rows")) : 0,
		page: Math.max(1, modelsAtLeast(get("page"))),
	};
}

function modelsField(label, control) {
	return h("label", { class: "models-field" }, h("span", { text: label }), control);
}

function modelsButton(label, click, props = { class: "quiet" }) {
	return h("button", { type: "button", on: { click }, ...props }, label);
}

function modelsSelect(options, on) {
	return h("select", { on: { change: on } }, options.map(([value, text]) => h("option", { value }, text)));
}

export class ViewModels extends HTMLElement {
	#abort = new AbortController();
	// The models of the last answer, and those that the table shows, with their order.
	#newest = null;
	#set = null;
	#order = new Uint32Array(0);
	#address = null;
	#want = null;
	#loaded = "";
	#error = null;
	#usage = new Map();
	#asking = false;
	#turn = 0;
	#onConnection = () => {
		if (connection.state === "up" && this.#error) {
			this.#load();
		}
	};

	show(address) {
		const former = this.#want;
		this.#address = address;
		this.#want = modelsWanted(address);
		const title = "Models: " + CATEGORIES(address.category);
		shell.title(title);
		if (!isRiskCategory(address.category)) {
			this.#loaded = "";
			put(this, viewHead(title), uncounted(address.category));
			return;
		}
		const place = address.category + " " + this.#want.mode;
		if (this.#loaded !== place) {
			this.#loaded = place;
			this.#newest = this.#set = null;
			this.data = null;
			this.#build(title, former?.category === address.category);
			this.#load();
		} else if (this.#newest && JSON.stringify(former) !== JSON.stringify(this.#want)) {
			this.#apply();
		}
	}

	connectedCallback() {
		connection.addEventListener("change", this.#onConnection);
	}

	disconnectedCallback() {
		connection.removeEventListener("change", this.#onConnection);
		clearTimeout(this.typing);
		this.#abort.abort();
	}

	refresh(category) {
		if (this.#loaded && category === this.#want.category) {
			this.#load();
		}
	}

	// ---- what the address says, changed ----

	#go(changes, { replace = false, page = "" } = {}) {
		const params = new URLSearchParams(this.#address.params);
		for (const [name, value] of Object.entries({ ...changes, page })) {
			if (value === "" || value === null || value === 0) {
				params.delete(name);
			} else {
				params.set(name, value);
			}
		}
		goTo({ ...this.#address, params }, { replace });
	}

	#type(name, value) {
		clearTimeout(this.typing);
		this.typing = setTimeout(() => this.#go({ [name]: value }, { replace: true }), MODELS_TYPING);
		this.#want[name] = value;
		this.#want.page = 1;
		this.#apply();
	}

	#sortBy(id) {
		const { sort } = this.#want;
		const falls = MODELS_COLUMNS.find((column) => column.id === id).falls === true;
		const descending = sort.id === id ? !sort.descending : falls;
		this.#go({ sort: id === "risk" && descending ? "" : (descending ? "-" : "") + id }, { replace: true });
	}

	#clear = () => {
		const { params } = this.#address;
		const kept = new URLSearchParams(["mode", "sort", "columns", "rows"].filter((name) => params.has(name)).map((name) => [name, params.get(name)]));
		const cleared = { ...this.#address, params: kept };
		// What was typed just now is not in the address yet.
		clearTimeout(this.typing);
		if (kept.size === params.size) {
			this.show(cleared);
		}
		goTo(cleared);
		$("[data-search]", this)?.focus();
	};

	// ---- what is there once ----

	#build(title, keepFocus) {
		const modes = this.#want.category === "text_generation"
			? h("div", { class: "models-chips", role: "group", "aria-label": "What a row is" }, Object.entries(MODELS_MODES).map(([mode, [label, help]]) => modelsButton(label, () => this.#go({ mode, columns: "" }), { class: "models-chip", title: help, "aria-pressed": mode === this.#want.mode })))
			: null;
		this.chips = h("div", { class: "models-chips", role: "group", "aria-label": "Presets" });
		this.status = h("p", { class: "models-status", role: "status" });
		this.fresh = h("span");
		this.notice = h("div");
		this.table = new HyTable();
		this.headed = null;
		this.table.marks = modelsMarks.get(this.#loaded) ?? new Set();
		modelsMarks.set(this.#loaded, this.table.marks);
		this.table.addEventListener("click", (event) => {
			if (event.target.closest("tbody a")) {
				modelsLeft = { hash: location.hash, held: this.table.hold() };
				modelsWalked = { hash: location.hash, category: this.#address.category, names: Array.from(this.#order, (row) => this.table.name(row)) };
			}
		});
		this.table.addEventListener("sort", (event) => this.#sortBy(event.detail));
		this.table.addEventListener("marks", () => this.#count());
		this.table.addEventListener("rest", () => this.#trends());
		this.none = h("div");
		this.pages = h("nav", { class: "models-pages", "aria-label": "Pages" });
		this.tools = h("div", { class: "models-tools", hidden: true });
		put(this, viewHead(title, modes), this.notice, this.tools, this.none, this.table, this.pages);
		put(this.notice, loading("Loading models"));
		if (keepFocus) {
			$("[aria-pressed=true]", this)?.focus();
		}
	}

	#filters() {
		const typed = (name, props) => h("input", { ...props, on: { input: (event) => this.#type(name, props.type === "number" ? modelsAtLeast(event.target.value) : event.target.value) } });
		const pick = (name) => (event) => this.#go({ [name]: event.target.value });
		this.controls = {
			q: typed("q", { type: "search", "data-search": true, placeholder: "Part of a name", spellcheck: "false", autocomplete: "off" }),
			workers: modelsSelect([["", "Any"], ["none", "None"], ["some", "At least one"]], pick("workers")),
			nsfw: modelsSelect([["", "With or without"], ["only", "Only NSFW"], ["no", "Without NSFW"]], pick("nsfw")),
			days: typed("days", { type: "number", min: 0, max: 9999 }),
			score: typed("score", { type: "number", min: 0, max: 11 }),
			rows: modelsSelect([["0", "All, to scroll"], ...MODELS_PAGES.map((n) => [n, n + " a page"])], pick("rows")),
			sort: modelsSelect(MODELS_COLUMNS.filter((column) => column.sort).flatMap((column) => [[column.id, column.label + ", lowest first"], ["-" + column.id, column.label + ", highest first"]]), pick("sort")),
		};
		this.baselines = h("select", { on: { change: pick("baseline") } });
		const { q, workers, nsfw, days, score, rows, sort } = this.controls;
		this.reasons = this.#picker("Reasons", Object.entries(FLAGS).map(([name, flag]) => [name, flag.words, flag.help]), (names) => this.#go({ flags: names.join() }));
		this.shown = this.#picker("Columns", [], (ids) => this.#go({ columns: ids.join() === MODELS_DEFAULT.slice(1).join() ? "" : ids.join() }, { replace: true }));
		this.clearing = modelsButton("Clear filters", this.#clear);
		// Where there is room for little, the others are behind a button.
		this.more = modelsButton("", () => this.more.setAttribute("aria-expanded", form.classList.toggle("open")), { class: "models-more", "aria-expanded": false });
		const form = h("form", { class: "models-filters", role: "search", "aria-label": "Filters", on: { submit: (event) => event.preventDefault() } },
			modelsField("Search", q), this.more, modelsField("Baseline", this.baselines), modelsField("Workers", workers), modelsField("Days at risk, at least", days), modelsField("Risk, at least", score), modelsField("NSFW", nsfw),
			this.reasons.node, this.shown.node, modelsField("Rows", rows), h("div", { class: "models-sort" }, modelsField("Sort by", sort)));
		return form;
	}

	// A list of checkboxes behind a button; changed(values) has those that are checked.
	#picker(label, options, changed) {
		const summary = h("summary", { text: label });
		const list = h("div", { class: "models-picks card", role: "group", "aria-label": label, on: { change: () => changed([...list.querySelectorAll(":checked")].map((box) => box.value)) } });
		const node = h("details", { class: "models-picker", on: {
			keydown: (event) => {
				if (event.key === "Escape" && node.open) {
					node.open = false;
					summary.focus();
				}
			},
			focusout: (event) => {
				if (event.relatedTarget && !node.contains(event.relatedTarget)) {
					node.open = false;
				}
			},
		} }, summary, list);
		const offer = (items) => put(list, items.map(([value, text, help]) => h("label", { title: help }, h("input", { type: "checkbox", value }), text)));
		const set = (values) => {
			for (const box of list.querySelectorAll("input")) {
				box.checked = values.includes(box.value);
			}
		};
		offer(options);
		return { node, summary, offer, set };
	}

	#export() {
		const id = uid();
		const file = (end) => "models-" + this.#want.category + "." + end;
		this.scope = h("select", { id, on: { change: () => this.#count() } });
		this.marking = h("span", { class: "models-marking" },
			modelsButton("Mark the first ten", () => this.table.markShown(true, 10)),
			modelsButton("Mark all shown", () => this.table.markShown(true)),
			modelsButton("Clear marks", () => this.table.clearMarks()));
		return h("div", { class: "models-export", role: "group", "aria-label": "Take away" }, this.marking,
			h("label", { class: "sr", for: id }, "Rows to take away"), this.scope,
			copyButton("Copy Markdown", () => this.#markdown()), copyButton("Copy CSV", () => this.#csv()),
			downloadLink("Markdown file", file("md"), "text/markdown;charset=utf-8", () => this.#markdown()),
			downloadLink("CSV file", file("csv"), "text/csv;charset=utf-8", () => this.#csv()));
	}

	// ---- data ----

	#path() {
		return statisticsPath(this.#want.category, "columns", MODELS_PARAMS[this.#want.mode]);
	}

	async #load() {
		const place = this.#loaded;
		const { signal } = this.#abort;
		const path = this.#path();
		try {
			const answer = await fetchJson(path, { signal });
			if (place === this.#loaded && answer.data !== this.data) {
				await pause();
				await this.#take(answer.data, place);
			}
			if (place === this.#loaded) {
				this.#error = null;
				put(this.notice);
				put(this.fresh, freshnessNote(answer), this.news && h("span", { class: "muted" }, ", " + this.news));
			}
		} catch (error) {
			if (!signal.aborted && place === this.#loaded) {
				this.#error = error;
				put(this.notice, problem(error, () => this.#load()));
			}
		}
	}

	async #take(data, place) {
		this.data = data;
		const set = new ModelSet(data);
		for (const step of set.steps()) {
			await pause(step);
		}
		const changes = this.#set ? set.changesSince(this.#set) : null;
		await pause();
		if (place !== this.#loaded || data !== this.data) {
			return;
		}
		this.#newest = set;
		await this.#apply({ stay: true });
		if (changes) {
			this.#tell(changes);
		} else {
			// Before somebody asks for it, and not in the way of what is to be seen first.
			setTimeout(async () => {
				for (const step of set.sorting({ id: "name", descending: false })) {
					await pause(step);
				}
			}, MODELS_TYPING);
		}
	}

	#tell({ added, changed, gone }) {
		const texts = [changed ? count(changed, "model") + " changed" : "", added ? number(added) + " new" : "", gone ? number(gone) + " gone" : ""].filter(Boolean);
		this.news = texts.join(", ");
		if (this.news) {
			announce(this.news);
		}
	}

	#filter(set) {
		const want = this.#want;
		return {
			preset: want.preset,
			words: want.q.toLowerCase().split(/\s+/).filter(Boolean),
			flags: want.flags.reduce((bits, name) => bits | set.flagBit(name), 0),
			baseline: modelsBaseline(set, want.baseline),
			workers: want.workers,
			nsfw: want.nsfw,
			until: want.days ? set.today() - want.days : null,
			score: want.score,
			sort: want.sort,
		};
	}

	// Shows what the address asks for of what is there. Who comes later takes over. stay:
	// what is looked at stays where it is.
	async #apply(how = {}) {
		this.#turn += 1;
		const turn = this.#turn;
		for (const step of this.#steps(how)) {
			await pause(step);
			if (turn !== this.#turn) {
				return;
			}
		}
	}

	*#steps({ stay = false }) {
		const want = this.#want;
		const set = this.#newest;
		if (this.tools.hidden) {
			put(this.tools, this.chips, this.#filters(), h("div", { class: "models-bar" }, this.status, this.fresh, this.clearing, this.#export()));
			this.tools.hidden = false;
			yield;
		}
		yield* set.sorting(want.sort);
		const found = set.filter(this.#filter(set));
		yield;
		this.#sync(set, found);
		yield;
		this.#head(set);
		yield;
		this.#fill(set, found.order, stay);
	}

	// From here on the table is that of this set: its rows are numbers of it.
	#fill(set, order, stay) {
		const want = this.#want;
		let held = null;
		if (stay) {
			held = this.#set ? this.table.hold() : modelsLeft?.hash === location.hash ? modelsLeft.held : null;
			modelsLeft = null;
		}
		if (set !== this.#set) {
			this.#set = set;
			this.#usage = new Map();
			this.table.forget(set.names);
		}
		this.#order = order;
		const pages = want.rows ? Math.max(1, Math.ceil(order.length / want.rows)) : 1;
		const page = Math.min(want.page, pages);
		const first = want.rows ? (page - 1) * want.rows : 0;
		const rows = want.rows ? order.subarray(first, first + want.rows) : order;
		this.table.classList.toggle("whole", want.rows > 0);
		this.table.hidden = rows.length === 0;
		put(this.none, rows.length ? null : emptyNote(set.count ? "No model matches: " + this.#words().join(", ") + "." : "There are no models.", set.count ? modelsButton("Clear filters", this.#clear) : null));
		this.table.show(rows, { first, total: order.length, held });
		this.#paging(page, pages);
	}

	// The head of the table, if other columns or another order are wanted.
	#head(set) {
		const { columns, sort, category, mode } = this.#want;
		const key = JSON.stringify([columns, category, mode, set.history]);
		if (this.headed !== key) {
			this.headed = key;
			this.table.setup({
				caption: "Models",
				marked: true,
				name: (row) => this.#set.names[row],
				columns: this.#columns(set).map((column) => ({ ...column, fill: (cell, row) => put(cell, column.show(this.#set, row, this.#want)) })),
			});
		}
		this.table.sort(sort);
	}

	#offered(set) {
		const { mode, category } = this.#want;
		const past = set.history;
		const has = { trend: past && mode === "", since: past && mode !== "grouped", size: category === "image_generation" };
		return MODELS_COLUMNS.filter((column) => has[column.id] ?? true);
	}

	#columns(set = this.#set) {
		return this.#offered(set).filter((column) => this.#want.columns.includes(column.id));
	}

	// ---- controls ----

	#sync(set, { any, counts }) {
		const want = this.#want;
		const chip = (preset, label, help, n) => modelsButton([label + " ", h("span", { class: "models-n" })], () => this.#go({ preset: this.#want.preset === preset ? "" : preset }), { class: "models-chip", title: help, "data-preset": preset });
		if (!this.chips.firstChild) {
			put(this.chips, chip("", "All"), PRESETS.map((preset) => chip(preset.name, preset.label, preset.help)));
		}
		[...this.chips.children].forEach((node, i) => {
			node.setAttribute("aria-pressed", node.dataset.preset === want.preset);
			setText(node.lastChild, number(i ? counts[i - 1] : any));
		});
		this.#syncBaselines(set);
		const { columns } = want;
		const offered = this.#offered(set).filter((column) => column.id !== "name");
		const sort = (want.sort.descending ? "-" : "") + want.sort.id;
		for (const [name, value] of Object.entries({ ...want, sort, days: want.days || "", score: want.score || "" })) {
			const control = this.controls[name];
			if (control && control.value !== String(value)) {
				control.value = value;
			}
		}
		this.reasons.set(want.flags);
		setText(this.reasons.summary, want.flags.length ? "Reasons: " + want.flags.length : "Reasons");
		const key = offered.map((column) => column.id).join();
		if (this.shown.key !== key) {
			this.shown.key = key;
			this.shown.offer(offered.map((column) => [column.id, column.label, column.help]));
		}
		this.shown.set(columns);
		const filters = this.#words().length;
		this.clearing.hidden = filters === 0;
		setText(this.more, filters ? "Filters: " + filters : "Filters");
	}

	#syncBaselines(set) {
		const { baseline } = this.#want;
		const names = set.baselines;
		const key = JSON.stringify(names);
		if (this.baselines.dataset.key !== key) {
			this.baselines.dataset.key = key;
			put(this.baselines, h("option", { value: "" }, "Any"), h("option", { value: MODELS_NO_BASELINE }, "None"), [...names].sort().map((name) => h("option", { value: name }, visibleName(name))));
		}
		this.baselines.value = baseline;
	}

	// The filters in words.
	#words() {
		const want = this.#want;
		return [
			want.preset && PRESETS.find((preset) => preset.name === want.preset).label.toLowerCase(),
			want.q && "name with “" + want.q + "”",
			want.baseline && (want.baseline === MODELS_NO_BASELINE ? "without a baseline" : "baseline " + want.baseline),
			want.workers && (want.workers === "none" ? "without workers" : "with workers"),
			want.days && "at risk for at least " + count(want.days, "day"),
			want.score && "risk at least " + want.score,
			want.nsfw && (want.nsfw === "only" ? "NSFW" : "not NSFW"),
			...want.flags.map((name) => FLAGS[name].words),
		].filter(Boolean);
	}

	#count() {
		const n = this.#order.length;
		const all = this.#set.count;
		const { marks, rows } = this.table;
		setText(this.status, (n === all ? count(all, "model") : number(n) + " of " + count(all, "model")) + (marks.size ? ", " + number(marks.size) + " marked" : ""));
		const options = [["shown", "Shown (" + number(n) + ")"]];
		if (this.#want.rows && n > rows.length) {
			options.unshift(["page", "This page (" + number(rows.length) + ")"]);
		}
		if (marks.size) {
			options.unshift(["marked", "Marked (" + number(marks.size) + ")"]);
		}
		const key = JSON.stringify(options);
		if (this.scope.dataset.key !== key) {
			const kinds = options.map(([value]) => value).join();
			const value = this.scope.dataset.kinds === kinds ? this.scope.value : options[0][0];
			Object.assign(this.scope.dataset, { key, kinds });
			put(this.scope, options.map(([value, text]) => h("option", { value }, text)));
			this.scope.value = value;
		}
		this.marking.lastChild.hidden = marks.size === 0;
	}

	#paging(page, pages) {
		const to = (text, at) => modelsButton(text, () => this.#go({}, { page: at === 1 ? "" : at }), { disabled: at < 1 || at > pages, "data-page": text });
		const focus = document.activeElement?.dataset?.page;
		put(this.pages, pages > 1 ? [to("First", page > 1 ? 1 : 0), to("Previous", page - 1), h("span", { text: "Page " + number(page) + " of " + number(pages) }), to("Next", page + 1), to("Last", page < pages ? pages : 0)] : null);
		if (focus) {
			const button = $("[data-page=" + focus + "]:enabled", this.pages) ?? $("button:enabled", this.pages);
			button?.focus();
		}
	}

	// ---- the last 90 days of what is seen ----

	async #trends() {
		this.#draw();
		if (this.#asking || !this.isConnected) {
			return;
		}
		this.#asking = true;
		const set = this.#set;
		try {
			for (let runs = this.#missing(); runs.length && set === this.#set; runs = this.#missing()) {
				await Promise.all(runs.slice(0, MODELS_REQUESTS).map((run) => this.#ask(run)));
				this.#draw();
			}
		} catch (error) {
			if (error.unreadable) {
				put(this.notice, problem(error));
			}
			// The database may still be being read.
			clearTimeout(this.later);
			this.later = setTimeout(() => this.#trends(), MODELS_LATER);
		}
		this.#asking = false;
		// What came meanwhile has been told that it was being asked.
		if (set !== this.#set) {
			this.#trends();
		}
	}

	// Rows in sight whose history is not known, as runs [first, end).
	#missing() {
		const rows = [...this.table.drawn.keys()].map((at) => this.table.rows[at]).filter((row) => !this.#usage.has(row)).sort((a, b) => a - b);
		const runs = [];
		for (const row of this.#columns().some((column) => column.id === "trend") ? rows : []) {
			const run = runs.at(-1);
			if (run && row - run[1] <= MODELS_GAP && row - run[0] < MODELS_RUN) {
				run[1] = row + 1;
			} else {
				runs.push([row, row + 1]);
			}
		}
		return runs;
	}

	async #ask([first, end]) {
		const set = this.#set;
		const usageOf = this.#usage;
		const { data } = await fetchJson(statisticsPath(this.#want.category, "history", { offset: String(first), limit: end - first }), { signal: this.#abort.signal });
		for (let i = first; i < end; i += 1) {
			const model = data.models[i - first];
			// Another refresh may have come between, and moved the rows.
			const usage = model?.name === set.names[i] ? [...Array(model.from).fill(null), ...model.usage] : null;
			usageOf.set(i, usage);
		}
	}

	#draw() {
		for (const [at, node] of this.table.drawn) {
			const row = this.table.rows[at];
			const place = $(".models-trend", node);
			const usage = this.#usage.get(row);
			if (place && usage && !place.firstChild) {
				put(place, sparkline(usage, { label: "Usage of " + this.#set.names[row] + " in 90 days" }));
			}
		}
	}

	// ---- to take away ----

	#rows() {
		const names = this.#set.names;
		switch (this.scope.value) {
		case "marked":
			return this.#set.sorted(this.#want.sort).filter((row) => this.table.marks.has(names[row]));
		case "page":
			return this.table.rows;
		default:
			return this.#order;
		}
	}

	// Of so many rows at a time that a slow machine answers its keys meanwhile.
	async #text(make, columns) {
		const rows = this.#rows();
		const head = make(columns, []).length;
		let text = make(columns, rows.slice(0, MODELS_LINES));
		for (let at = MODELS_LINES; at < rows.length; at += MODELS_LINES) {
			await pause();
			text += make(columns, rows.slice(at, at + MODELS_LINES)).slice(head);
		}
		return text;
	}

	#csv() {
		const set = this.#set;
		return this.#text(toCsv, this.#columns().flatMap((column) => column.csv).map(([name, value]) => ({ name, value: (row) => value(set, row) })));
	}

	async #markdown() {
		const set = this.#set;
		const columns = this.#columns().filter((column) => column.text);
		const text = await this.#text(toMarkdown, columns.map((column) => ({ name: column.label, code: column.code, number: column.numeric, value: (row) => column.text(set, row) })));
		return text + "\n" + this.#want.category + " of AI Horde, " + new Date().toISOString().slice(0, 10) + "\n";
	}
}
