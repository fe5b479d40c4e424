import { h } from "./dom.js";
import { href } from "./address.js";
import { badge, nameText } from "./parts.js";
import { FLAGS, bytesGB, count, number, percent, utcDay } from "./words.js";

// The columns of the table of models. What show() puts on the page, text() says in Markdown
// and csv, pairs of a name of doc/api.md and a value, in CSV. All take a ModelSet and a row
// of it; show() also the address that the view is at. falls: the first click on its head
// puts the highest first.
export const MODELS_COLUMNS = [
	{
		id: "name",
		label: "Model",
		sort: true,
		code: true,
		show: (set, i, { category, mode }) => [
			h("a", { href: mode === "grouped" ? href("models", category, "", { q: set.names[i] }) : href("model", category, set.names[i]) }, nameText(set.names[i])),
			set.isNsfw(i) ? h("span", { class: "models-nsfw" }, "NSFW") : null,
		],
		text: (set, i) => set.names[i],
		csv: [["name", (set, i) => set.names[i]]],
	},
	modelsColumn("baseline", "Baseline", 10.5, { sort: true, code: true, show: (set, i) => nameText(set.baselineOf(i) || "–"), text: (set, i) => set.baselineOf(i), csv: [["baseline", (set, i) => set.baselineOf(i)]] }),
	modelsColumn("risk", "Risk", 6.25, {
		sort: true,
		falls: true,
		numeric: true,
		help: "How many reasons there are; critical models come first",
		show: (set, i) => [set.isCritical(i) ? badge("critical", "warning", "bad") : null, " ", number(set.score[i])],
		text: (set, i) => set.score[i] + (set.isCritical(i) ? ", critical" : ""),
		csv: [["risk_score", (set, i) => set.score[i]], ["critical", (set, i) => set.isCritical(i)]],
	}),
	modelsColumn("why", "Why", 18, { help: "The reasons to look at it", show: modelsReasons, text: modelsReasons, csv: [["reasons", (set, i) => set.flagsOf(i).join(" ")]] }),
	modelsColumn("since", "At risk since", 7.25, {
		sort: true,
		show: (set, i) => (Number.isNaN(set.since[i]) ? "–" : [utcDay(set.since[i]), h("span", { class: "models-days" }, count(set.days(i), "day"))]),
		text: (set, i) => modelsDay(set, i),
		csv: [["at_risk_since", modelsDay]],
	}),
	modelsNumber("day", "Day", "usage_day", "Used in the last day"),
	modelsNumber("month", "Month", "usage_month", "Used in the last month"),
	modelsNumber("total", "Total", "usage_total", "Used as long as AI Horde counts"),
	modelsColumn("share", "Share", 5, { sort: true, falls: true, numeric: true, help: "Part of the month's usage of the category", show: (set, i) => percent(set.share(i)), text: (set, i) => percent(set.share(i)), csv: [["usage_percentage_of_category", (set, i) => set.share(i)]] }),
	modelsNumber("workers", "Workers", "active_workers", "Workers that serve it now"),
	modelsColumn("size", "Size", 5.5, { sort: true, falls: true, numeric: true, show: modelsSize, text: modelsSize, csv: [["size_gb", (set, i) => (Number.isNaN(set.size[i]) ? null : set.size[i])]] }),
	modelsColumn("nsfw", "NSFW", 4.5, { sort: true, falls: true, show: (set, i) => (set.isNsfw(i) ? "yes" : "no"), text: (set, i) => (set.isNsfw(i) ? "yes" : "no"), csv: [["nsfw", (set, i) => set.isNsfw(i)]] }),
	// Filled when it is known; it has no text to be taken away.
	modelsColumn("trend", "90 days", 7, { help: "Usage of each day", show: () => h("span", { class: "models-trend" }) }),
];

// Those that are shown unless the address says otherwise.
export const MODELS_DEFAULT = ["name", "baseline", "risk", "why", "since", "month", "total", "workers", "trend"];

function modelsColumn(id, label, width, more) {
	return { id, label, width, ...more };
}

function modelsNumber(id, label, name, help) {
	const value = (set, i) => set[id][i];
	return modelsColumn(id, label, 5.25, { sort: true, numeric: true, help, show: (set, i) => number(set[id][i]), text: value, csv: [[name, value]] });
}

function modelsReasons(set, i) {
	return set.flagsOf(i).map((name) => FLAGS[name]?.words ?? name).join(", ") || "–";
}

function modelsDay(set, i) {
	return Number.isNaN(set.since[i]) ? null : utcDay(set.since[i]);
}

function modelsSize(set, i) {
	return Number.isNaN(set.size[i]) ? "–" : bytesGB(set.size[i]);
}
