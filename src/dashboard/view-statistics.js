import { h, put, setText } from "./dom.js";
import { CATEGORIES, bytesGB, count, number, percent, when } from "./words.js";
import { fetchJson, statisticsPath } from "./api.js";
import { goTo } from "./address.js";
import { emptyNote, freshnessNote, loading, nameText, problem } from "./parts.js";
import { shell } from "./shell.js";

// What the reference document of a category is made of.
const STATISTICS_STEP = 20;
const STATISTICS_GIB = 2 ** 30;

// Members that only some categories have: {title, one, unit, note, rows(data)}; a row is
// {label, name (true: of others), count, share (percent, or null)}.
const STATISTICS_TABLES = [
	{
		title: "Baselines",
		one: "Baseline",
		rows: (data) => Object.values(data.baseline_distribution).map(({ baseline, count: n, percentage }) => ({ label: baseline, name: true, count: n, share: percentage })),
	},
	{
		title: "Parameters",
		one: "Size",
		note: "Of a text model, in billions.",
		rows: (data) => {
			const rows = data.parameter_buckets.map(({ bucket_label: label, count: n, percentage }) => ({ label: label.replace("-", " to "), count: n, share: percentage }));
			const unknown = data.models_without_param_info;
			return rows.length && unknown ? [...rows, { label: "not known", count: unknown, share: (unknown / data.total_models) * 100 }] : rows;
		},
	},
	{
		title: "Hosts",
		one: "Host",
		unit: "Files",
		note: "Where files are downloaded from.",
		rows: ({ download_stats: stats }) => Object.entries(stats.hosts).map(([host, n]) => ({ label: host, name: true, count: n, share: (n / stats.total_download_entries) * 100 })),
	},
	{ title: "Tags", one: "Tag", note: "The 20 most frequent; a model may have several.", rows: (data) => data.top_tags.map(statisticsTag) },
	{ title: "Styles", one: "Style", note: "The 20 most frequent.", rows: (data) => data.top_styles.map(statisticsTag) },
];

function statisticsTag({ tag, count: n, percentage }) {
	return { label: tag, name: true, count: n, share: percentage };
}

function statisticsShare(n, total) {
	return number(n) + (total ? " (" + percent((n / total) * 100) + ")" : "");
}

// [word, value] of what is counted in one number; zeros of other categories are left out.
function statisticsFacts(data, grouped) {
	const total = data.total_models;
	const { download_stats: stats } = data;
	const sized = stats.models_with_size_info;
	const facts = [
		[grouped ? "Model families" : "Models", number(total)],
		["For adults (nsfw)", statisticsShare(data.nsfw_count, total)],
	];
	if (stats.total_download_entries) {
		facts.push(["With files to download", statisticsShare(stats.total_models_with_downloads, total)], ["Files", number(stats.total_download_entries)]);
	}
	if (sized) {
		facts.push(["Size of all files", bytesGB(stats.total_size_bytes / STATISTICS_GIB)], ["Size of a model, on average", bytesGB(stats.average_size_bytes / STATISTICS_GIB)]);
	}
	for (const [key, word] of [["trigger_words", "trigger words"], ["inpainting", "inpainting"], ["requirements", "requirements"], ["showcases", "showcases"]]) {
		const n = data["models_with_" + key];
		if (n) {
			facts.push(["With " + word, statisticsShare(n, total)]);
		}
	}
	return facts;
}

function statisticsRow(row, most) {
	return h(
		"tr",
		{},
		h("th", { scope: "row" }, row.name ? nameText(row.label) : row.label),
		h("td", { class: "num" }, number(row.count)),
		h("td", { class: "num" }, percent(row.share)),
		h("td", { class: "bar", "aria-hidden": true }, h("div", { style: { "inline-size": (row.count / most) * 100 + "%" } })),
	);
}

function statisticsTable({ title, one, unit = "Models", note }, rows) {
	const most = Math.max(...rows.map((row) => row.count));
	const made = rows.map((row) => statisticsRow(row, most));
	const rest = h("tbody", { hidden: true }, made.slice(STATISTICS_STEP));
	const more = rows.length > STATISTICS_STEP ? h("button", { type: "button", class: "quiet", on: { click: () => {
		rest.hidden = false;
		more.remove();
	} } }, "Show all " + number(rows.length)) : null;
	const heads = [one, unit, "Share"].map((text, i) => h("th", { scope: "col", class: i ? "num" : null }, text));
	return h(
		"section",
		{ class: "card" },
		h("h2", {}, title),
		note ? h("p", { class: "muted" }, note) : null,
		h("table", { class: "statistics-table", "aria-label": title }, h("thead", {}, h("tr", {}, heads, h("td", { "aria-hidden": true }))), h("tbody", {}, made.slice(0, STATISTICS_STEP)), rest),
		more,
	);
}

export class ViewStatistics extends HTMLElement {
	#abort = new AbortController();
	#address = null;
	#path = "";
	#answer = null;
	#heading = h("h1", { tabindex: -1 });
	#fresh = h("span");
	#grouped = h("input", { type: "checkbox", on: { change: () => this.#group() } });
	#switch = h("label", { hidden: true }, this.#grouped, " One entry for each model family");
	#body = h("div", { class: "statistics" });

	connectedCallback() {
		if (!this.firstChild) {
			put(this, h("div", { class: "view-head" }, this.#heading, this.#fresh), this.#switch, this.#body);
		}
	}

	disconnectedCallback() {
		this.#abort.abort();
	}

	show(address) {
		this.#address = address;
		const { category } = address;
		const title = "Statistics: " + CATEGORIES(category);
		shell.title(title);
		setText(this.#heading, title);
		this.#switch.hidden = category !== "text_generation";
		this.#grouped.checked = !this.#switch.hidden && address.params.has("grouped");
		const path = statisticsPath(category, "", { group_text_models: this.#grouped.checked });
		if (path !== this.#path) {
			this.#path = path;
			this.#answer = null;
			put(this.#fresh);
			put(this.#body, loading());
			this.#load();
		}
	}

	refresh(category) {
		if (category === this.#address.category) {
			this.#load();
		}
	}

	#group() {
		goTo({ ...this.#address, params: { grouped: this.#grouped.checked } }, { replace: true });
	}

	async #load() {
		const path = this.#path;
		const { signal } = this.#abort;
		try {
			const answer = await fetchJson(path, { signal });
			if (path !== this.#path) {
				return;
			}
			const known = this.#answer?.data;
			this.#answer = answer;
			put(this.#fresh, freshnessNote(answer));
			if (answer.data !== known) {
				put(this.#body, this.#draw(answer.data));
			}
		} catch (error) {
			if (signal.aborted || path !== this.#path) {
				return;
			}
			if (this.#answer) {
				put(this.#fresh, freshnessNote(this.#answer, error));
			} else {
				put(this.#body, problem(error, () => this.#load()));
			}
		}
	}

	#draw(data) {
		if (!data.total_models) {
			return emptyNote("The model reference has no models of this category.");
		}
		const tables = STATISTICS_TABLES.map((table) => [table, table.rows(data)]);
		const drawn = tables.filter(([, rows]) => rows.length);
		const none = tables.filter(([, rows]) => !rows.length).map(([table]) => table.title.toLowerCase());
		return [
			h("dl", { class: "statistics-facts card" }, statisticsFacts(data, this.#grouped.checked).map(([word, value]) => h("div", {}, h("dt", {}, word), h("dd", {}, value)))),
			h("div", { class: "statistics-tables" }, drawn.map(([table, rows]) => statisticsTable(table, rows))),
			none.length ? h("p", { class: "muted" }, "The model reference says nothing here about: " + none.join(", ") + ".") : null,
			h("p", { class: "muted" }, "Counted from the model reference at " + when(data.computed_at) + "."),
		];
	}
}
