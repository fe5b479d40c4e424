import { $, h, put, setText } from "./dom.js";
import { CATEGORIES, FLAGS, KINDS, clock, count, day, formatter, isRiskCategory, number, when } from "./words.js";
import { fetchJson, statisticsPath } from "./api.js";
import { live } from "./live.js";
import { goTo, href } from "./address.js";
import { announce, emptyNote, freshnessNote, loading, nameText, problem, uncounted } from "./parts.js";
import { shell } from "./shell.js";
import { ListView } from "./list-view.js";

// The stream of changes. What is new must not move what somebody reads: it waits behind a
// button, unless the top of the list is in view and the focus is not in it.
// Of a page that is open for weeks.
const CHANGES_MOST = 4000;
const CHANGES_STEP = 40;
const CHANGES_GATHER = 100;
const CHANGES_DATE = formatter("DateTimeFormat", "en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
// The total is left out, which is another one each time.
const CHANGES_FIGURES = {
	usage_day: "usage today",
	usage_month: "usage this month",
	workers: "workers",
	risk_score: "reasons",
};
const CHANGES_TONES = { critical: "bad", at_risk: "warn", flag_set: "warn", recovered: "ok", flag_cleared: "ok" };
// The gravest first.
const CHANGES_ORDER = ["disappeared", "appeared", "renamed", "critical", "at_risk", "recovered", "usage_fell", "usage_rose", "flag_set", "flag_cleared", "many"];

function changesNewestFirst(a, b) {
	return b.at - a.at || b.id - a.id;
}

// The changes of one kind in an entry, each a link to itself; null if there are none.
function changesOfKind(kind, rows) {
	if (!rows.length) {
		return null;
	}
	const tone = "badge tone-" + (CHANGES_TONES[kind] ?? "none");
	const link = (row, look, ...text) => h("a", { class: look, href: href("changes", row.category, String(row.id)), title: "Link to this change" }, text);
	const [row] = rows;
	if (row.flag) {
		return h("li", { class: "chips" }, h("span", { class: tone }, KINDS[kind] + ":"), rows.map((each) => link(each, "chip flag", FLAGS[each.flag]?.words ?? each.flag)));
	}
	if (kind === "many") {
		return h("li", {}, link(row, tone, count(row.count, "further change")));
	}
	return h("li", {}, link(row, tone, KINDS[kind]), row.former ? [" formerly ", nameText(row.former)] : null);
}

// "usage this month 1,203 → 0; workers 2 → 0": what is another figure than before, or all
// where there is no before or no after.
function changeFigures({ before, after }) {
	const texts = [];
	for (const [key, words] of Object.entries(CHANGES_FIGURES)) {
		if (!before || !after) {
			const there = before ?? after;
			if (there) {
				texts.push(words + " " + number(there[key]));
			}
		} else if (before[key] !== after[key]) {
			texts.push(words + " " + number(before[key]) + " → " + number(after[key]));
		}
	}
	return texts.join("; ");
}

function changesDay(at) {
	const today = Date.now() / 1000;
	const words = day(at) === day(today) ? "Today, " : day(at) === day(today - 86400) ? "Yesterday, " : "";
	return words + CHANGES_DATE.format(at * 1000);
}

// What happened at once to one model, in an entry of changesEntries(): kinds, each a link to
// itself, and figures.
export function changeDetails(rows) {
	const { at, since } = rows[0];
	return [
		h("ul", { role: "list" }, CHANGES_ORDER.map((kind) => changesOfKind(kind, rows.filter((row) => row.kind === kind)))),
		h("p", { class: "muted" }, changeFigures(rows[0]), since < at - 60 ? "; so since " + (day(since) === day(at) ? clock(since) : when(since)) : null),
	];
}

// One refresh makes several changes of a model, with the same figures: one entry.
export function changesEntries(rows) {
	const entries = [];
	let last = "";
	for (const row of rows) {
		const key = JSON.stringify([row.category, row.at, row.model, row.before, row.after]);
		if (key !== last) {
			entries.push([]);
		}
		entries.at(-1).push(row);
		last = key;
	}
	return entries;
}

export class ViewChanges extends ListView {
	#rows = [];
	#known = new Set();
	#held = [];
	#coming = [];
	#shown = CHANGES_STEP;
	#loaded = false;
	#reached = "";
	#flag = h("select", { on: { change: () => this.go({ flag: this.#flag.value }) } }, h("option", { value: "" }, "Any"), Object.entries(FLAGS).map(([name, { words }]) => h("option", { value: name }, words)));
	#chips = Object.entries(KINDS).map(([kind, words]) => {
		const total = h("span", { class: "num" });
		return { kind, total, button: h("button", { type: "button", class: "changes-kind", on: { click: () => this.#toggle(kind) } }, words, " ", total) };
	});
	#sum = h("p", { class: "muted", role: "status" });
	#news = h("button", { type: "button", class: "changes-news", hidden: true, on: { click: () => this.#release() } });
	#list = h("div", { class: "changes-list" });
	#more = h("button", { type: "button", hidden: true, on: { click: () => this.#older() } }, "Show older changes");
	#note = h("div");

	connectedCallback() {
		if (this.firstChild) {
			return;
		}
		put(
			this,
			h("div", { class: "view-head" }, this.heading, this.fresh),
			h(
				"div",
				{ class: "filters" },
				h("label", { class: "field" }, "Model", this.search),
				h("label", { class: "field" }, "Reason", this.#flag),
			),
			h("div", { class: "chips", role: "group", "aria-label": "Kinds of changes" }, this.#chips.map((chip) => chip.button)),
			this.#sum,
			this.#news,
			this.#list,
			this.#more,
			this.#note,
		);
		const { signal } = this.abort;
		live.addEventListener("change", (event) => this.#come(event.detail), { signal });
		// The first view of a page may be there before it is known which categories are.
		shell.addEventListener("health", () => this.#loaded || this.#load(), { signal });
	}

	show(address) {
		const other = this.take(address, address.category ? "Changes: " + CATEGORIES(address.category) : "Changes");
		this.#flag.value = this.param("flag");
		if (other) {
			this.#rows = [];
			this.#known = new Set();
			this.#held = [];
			this.#loaded = false;
			this.#load();
		}
		this.#shown = CHANGES_STEP;
		this.#draw();
	}

	refresh(category) {
		if (this.#categories().includes(category)) {
			this.#load();
		}
	}

	#kinds() {
		return this.param("kinds").split(",").filter((kind) => kind in KINDS);
	}

	#categories() {
		return this.address.category ? [this.address.category] : shell.categories().filter(isRiskCategory);
	}

	#toggle(kind) {
		const kinds = new Set(this.#kinds());
		if (!kinds.delete(kind)) {
			kinds.add(kind);
		}
		this.go({ kinds: [...kinds].join(",") });
	}

	async #load() {
		const { category } = this.address;
		const categories = this.#categories();
		if (!categories.some(isRiskCategory)) {
			const unknown = shell.error ? problem(shell.error, () => shell.ask(0)) : loading();
			put(this.#note, category || shell.health ? uncounted(category || shell.categories()[0]) : unknown);
			return;
		}
		if (!this.#loaded) {
			put(this.#note, loading());
		}
		const { signal } = this.abort;
		const answers = await Promise.allSettled(categories.map((name) => fetchJson(statisticsPath(name, "changes"), { signal })));
		if (signal.aborted || category !== this.address.category) {
			return;
		}
		const first = !this.#loaded;
		const good = answers.findIndex((answer) => answer.value);
		this.#loaded ||= good >= 0;
		for (const [i, { value }] of answers.entries()) {
			this.#add(value?.data.changes.map((row) => ({ category: categories[i], ...row })) ?? []);
		}
		const error = answers.find((answer) => answer.reason)?.reason;
		// That nobody answers is said above the view.
		put(this.#note, error && !(error.offline && this.#loaded) ? this.#problem(error) : null);
		put(this.fresh, good < 0 ? null : freshnessNote(answers[good].value));
		if (first) {
			this.#draw();
		}
	}

	#problem(error) {
		if (error.status === 404 && /history/i.test(error.detail)) {
			return emptyNote("No history is kept here, so there are no changes.", h("p", {}, "The daemon keeps one with ", h("code", {}, "history.enabled"), " and a ", h("code", {}, "state_dir"), "."));
		}
		return problem(error, () => this.#load());
	}

	// A refresh tells of hundreds one by one: they are drawn together.
	#come(row) {
		this.#coming.push(row);
		if (this.#coming.length === 1) {
			setTimeout(() => this.#add(this.#coming.splice(0)), CHANGES_GATHER);
		}
	}

	// Rows that are there already are skipped: streams and lists overlap.
	#add(rows) {
		const added = rows.filter((row) => this.#categories().includes(row.category) && !this.#known.has(row.category + row.id));
		if (!added.length) {
			return;
		}
		for (const row of added) {
			this.#known.add(row.category + row.id);
		}
		this.#held.push(...added);
		const reading = this.#list.contains(document.activeElement) || this.#list.getBoundingClientRect().top < 0;
		if (this.#rows.length && reading) {
			this.#hold();
		} else {
			this.#merge();
		}
	}

	// The status line says it to those who cannot see the button.
	#hold() {
		const text = count(this.#held.length, "new change");
		this.#news.hidden = false;
		setText(this.#news, "Show " + text);
		announce(text);
	}

	#merge() {
		this.#rows = [...this.#held, ...this.#rows].sort(changesNewestFirst).slice(0, CHANGES_MOST);
		this.#held = [];
		this.#news.hidden = true;
		if (this.#loaded) {
			this.#draw();
		}
	}

	#release() {
		this.#merge();
		scrollTo(0, 0);
		this.heading.focus({ preventScroll: true });
	}

	#older() {
		this.#shown += CHANGES_STEP;
		this.#draw();
	}

	// What a permalink names is there whatever is filtered.
	#matching() {
		const kinds = this.#kinds();
		const flag = this.param("flag");
		const text = this.param("q").toLowerCase();
		const totals = {};
		const rows = this.#rows.filter((row) => {
			if (String(row.id) === this.address.rest) {
				return true;
			}
			if ((flag && row.flag !== flag) || (text && !((row.model ?? "") + "\n" + (row.former ?? "")).toLowerCase().includes(text))) {
				return false;
			}
			totals[row.kind] = (totals[row.kind] ?? 0) + 1;
			return !kinds.length || kinds.includes(row.kind);
		});
		for (const { kind, total, button } of this.#chips) {
			const pressed = kinds.includes(kind);
			button.hidden = !totals[kind] && !pressed;
			button.setAttribute("aria-pressed", pressed);
			setText(total, number(totals[kind] ?? 0));
		}
		return rows;
	}

	#draw() {
		const rows = this.#matching();
		if (!this.#loaded) {
			return;
		}
		const entries = changesEntries(rows);
		const { rest } = this.address;
		const linked = rest ? entries.findIndex((entry) => entry.some((row) => String(row.id) === rest)) : -1;
		this.#shown = Math.max(this.#shown, linked + 1);
		const days = [];
		let last = "";
		for (const [i, entry] of entries.slice(0, this.#shown).entries()) {
			const date = day(entry[0].at);
			if (date !== last) {
				days.push(h("h2", {}, changesDay(entry[0].at)), h("ol", { class: "changes-day", role: "list" }));
				last = date;
			}
			days.at(-1).append(this.#entry(entry, i === linked));
		}
		setText(this.#sum, rows.length === this.#rows.length ? count(rows.length, "change") : number(rows.length) + " of " + count(this.#rows.length, "change"));
		put(this.#list, rest && linked < 0 ? this.#missing() : null, days, rows.length ? null : this.#nothing());
		this.#more.hidden = entries.length <= this.#shown;
		this.#reach(linked);
	}

	#reach(linked) {
		if (linked >= 0 && this.#reached !== this.address.rest) {
			this.#reached = this.address.rest;
			$(".changes-linked", this.#list).scrollIntoView({ block: "center" });
		}
	}

	#missing() {
		const oldest = this.#rows.at(-1);
		return emptyNote("The change of this link is not kept any more: of each category the last 1,000 are.", oldest ? h("p", {}, "The oldest is of " + when(oldest.at) + ".") : null);
	}

	#nothing() {
		if (!this.#rows.length) {
			return emptyNote("No model has changed since the history began.");
		}
		const [kinds, flag, text] = [this.#kinds(), this.param("flag"), this.param("q")];
		const filters = [
			kinds.length ? "is “" + kinds.map((kind) => KINDS[kind]).join("” or “") + "”" : "",
			flag ? "is about the reason “" + (FLAGS[flag]?.words ?? flag) + "”" : "",
			text ? "has “" + text + "” in the name of its model" : "",
		];
		return emptyNote("None of " + count(this.#rows.length, "change") + " " + filters.filter(Boolean).join(" and ") + ".", h("p", {}, h("button", { type: "button", on: { click: () => this.#clear() } }, "Show all changes")));
	}

	#clear() {
		this.search.focus();
		goTo({ ...this.address, params: {} });
	}

	#entry(rows, linked) {
		const { category, at, model } = rows[0];
		return h(
			"li",
			{ class: linked ? "changes-linked" : null, "aria-current": linked ? "true" : null },
			h("time", { datetime: new Date(at * 1000).toISOString(), title: when(at) }, clock(at)),
			h(
				"div",
				{},
				h("p", {}, model ? h("a", { href: href("model", category, model) }, nameText(model)) : null, this.address.category ? null : h("span", { class: "muted" }, " " + CATEGORIES(category))),
				changeDetails(rows),
			),
		);
	}
}
