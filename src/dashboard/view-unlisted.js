import { h, put, setText } from "./dom.js";
import { CATEGORIES, count, isRiskCategory, number } from "./words.js";
import { BASE, fetchJson, statisticsPath } from "./api.js";
import { copyButton, emptyNote, freshnessNote, loading, nameText, problem, uncounted } from "./parts.js";
import { toMarkdown } from "./export.js";
import { ListView } from "./list-view.js";

// Names that AI Horde reports and the reference does not list.
const UNLISTED_STEP = 200;
const UNLISTED_COLUMNS = [
	{ key: "name", name: "Name", code: true },
	{ key: "worker_count", name: "Workers", number: true },
	{ key: "queued", name: "Queued", number: true },
	{ key: "usage_day", name: "Usage today", number: true },
	{ key: "usage_month", name: "Usage this month", number: true },
	{ key: "usage_total", name: "Usage in all", number: true },
].map((column) => ({ ...column, value: (row) => row[column.key] }));

export class ViewUnlisted extends ListView {
	#answer = null;
	#error = null;
	#rows = [];
	#shown = UNLISTED_STEP;
	#csv = h("a", {}, "CSV file of all");
	#markdown = h("a", {}, "Markdown file of all");
	#files = h("div", { class: "row", hidden: true }, copyButton("Copy as Markdown", () => toMarkdown(UNLISTED_COLUMNS, this.#rows)), this.#csv, this.#markdown);
	#sum = h("p", { class: "muted", role: "status" });
	#heads = UNLISTED_COLUMNS.map((column) => h("th", { scope: "col", class: column.number ? "num" : null }, h("button", { type: "button", class: "table-sort", on: { click: () => this.#sort(column) } }, column.name)));
	#body = h("tbody");
	#table = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Unlisted names", hidden: true }, h("table", { class: "unlisted-table" }, h("thead", {}, h("tr", {}, this.#heads)), this.#body));
	#more = h("button", { type: "button", hidden: true, on: { click: () => this.#further() } }, "Show more names");
	#note = h("div");

	connectedCallback() {
		if (this.firstChild) {
			return;
		}
		put(
			this,
			h("div", { class: "view-head" }, this.heading, this.fresh),
			h("p", {}, "AI Horde reports workers or usage for these names, and the model reference does not list them: models that it lacks, models that were removed, or names that a worker spells in its own way. Backend prefixes and quantisations of listed models are taken into account."),
			h("div", { class: "filters" }, h("label", { class: "field" }, "Name", this.search)),
			this.#files,
			this.#sum,
			this.#table,
			this.#more,
			this.#note,
		);
	}

	show(address) {
		const other = this.take(address, "Unlisted names: " + CATEGORIES(address.category));
		this.#shown = UNLISTED_STEP;
		if (other) {
			this.#file(this.#csv, "csv", ".csv");
			this.#file(this.#markdown, "markdown", ".md");
			this.#answer = this.#error = null;
			this.#load();
		}
		this.#draw();
	}

	refresh(category) {
		if (category === this.address.category) {
			this.#load();
		}
	}

	#clear() {
		this.search.focus();
		this.go({ q: "" });
	}

	// Numbers begin with the largest. The order of the answer, which is by the month, needs
	// no word in the address.
	#sort({ key, number: isNumber }) {
		const { column, down } = this.#order();
		const turned = column.key === key ? !down : Boolean(isNumber);
		const sort = (turned ? "-" : "") + key;
		this.go({ sort: sort === "-usage_month" ? "" : sort });
	}

	#order() {
		const sort = this.param("sort") || "-usage_month";
		const column = UNLISTED_COLUMNS.find(({ key }) => key === sort.replace("-", "")) ?? UNLISTED_COLUMNS[4];
		return { column, down: sort.startsWith("-") };
	}

	async #load() {
		const { category } = this.address;
		const { signal } = this.abort;
		let answer = this.#answer;
		let error = null;
		if (!isRiskCategory(category)) {
			return;
		}
		try {
			answer = await fetchJson(statisticsPath(category, "unlisted"), { signal });
		} catch (reason) {
			error = reason;
		}
		if (signal.aborted || category !== this.address.category) {
			return;
		}
		const same = answer?.data === this.#answer?.data && !error && !this.#error;
		this.#answer = answer;
		this.#error = error;
		put(this.fresh, answer && freshnessNote(answer));
		// Who has marked a text keeps it.
		if (!same) {
			this.#draw();
		}
	}

	#further() {
		this.#shown += UNLISTED_STEP;
		this.#draw();
	}

	#draw() {
		const data = this.#answer?.data;
		if (!data) {
			this.#table.hidden = this.#more.hidden = this.#files.hidden = true;
			setText(this.#sum, "");
			put(this.#note, this.#hint());
			return;
		}
		const { column, down } = this.#order();
		const text = this.param("q").toLowerCase();
		const sign = down ? -1 : 1;
		// What is not known stands last in either direction.
		const compare = (a, b) => (a === null) - (b === null) || (a < b ? -sign : a > b ? sign : 0);
		this.#rows = data.models.filter((row) => row.name.toLowerCase().includes(text)).sort((a, b) => compare(column.value(a), column.value(b)));
		for (const [i, head] of this.#heads.entries()) {
			if (UNLISTED_COLUMNS[i] === column) {
				head.setAttribute("aria-sort", down ? "descending" : "ascending");
			} else {
				head.removeAttribute("aria-sort");
			}
		}
		put(this.#body, this.#rows.slice(0, this.#shown).map((row) => h("tr", {}, UNLISTED_COLUMNS.map((each) => (each.code ? h("th", { scope: "row" }, nameText(row.name)) : h("td", { class: "num" }, number(each.value(row))))))));
		this.#table.hidden = this.#files.hidden = !this.#rows.length;
		this.#more.hidden = this.#rows.length <= this.#shown;
		this.#sums(data);
		put(this.#note, this.#hint());
	}

	#sums({ models, total_count: total }) {
		const cut = total > models.length ? " (the " + number(models.length) + " most used of " + number(total) + ")" : "";
		const part = this.#rows.length === models.length ? "" : number(this.#rows.length) + " of ";
		setText(this.#sum, part + count(models.length, "name") + cut);
	}

	#hint() {
		if (!isRiskCategory(this.address.category)) {
			return uncounted(this.address.category);
		}
		// That nobody answers is said above the view.
		if (this.#error && !(this.#error.offline && this.#answer)) {
			return problem(this.#error, () => this.#load());
		}
		if (!this.#answer) {
			return loading();
		}
		if (!this.#answer.data.models.length) {
			return emptyNote("Every name that AI Horde reports is in the model reference.");
		}
		return this.#rows.length ? null : emptyNote("None of " + count(this.#answer.data.models.length, "name") + " has “" + this.param("q") + "” in it.", h("p", {}, h("button", { type: "button", on: { click: () => this.#clear() } }, "Show all names")));
	}

	// The daemon's own files have all names, in the order of the month.
	#file(link, format, ending) {
		const { category } = this.address;
		link.href = BASE + statisticsPath(category, "unlisted", { format });
		link.download = "unlisted-" + category + ending;
	}
}
