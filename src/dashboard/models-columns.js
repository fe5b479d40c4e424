import { h } from "./dom.js";
import { href } from "./address.js";
import { badge, nameText } from "./parts.js";
import { FLAGS, bytesGB, count, number, percent, utcDay } from "./words.js";

// A column of the table of models. What show() puts on the page, text() says in Markdown and
// value() in CSV, under a name of doc/api.md; csv, pairs of a name and a value, is for what
// is more than one column there. All take a ModelSet and a row of it; show() also what the
// address asks for. falls: the first click on its head puts the highest first.
function modelsColumn(id, label, width, name, show, more) {
	return { id, label, width, sort: true, show, text: show, csv: [[name, more?.value ?? show]], ...more };
}

function modelsNumber(id, label, name, help) {
	const value = (set, i) => set[id][i];
	return modelsColumn(id, label, 5.25, name, (set, i) => number(set[id][i]), { numeric: true, help, text: value, value });
}

function modelsReasons(set, i) {
	return set.flagsOf(i).map((name) => FLAGS[name]?.words ?? name).join(", ") || "–";
}

function modelsKnown(n, write) {
	return Number.isNaN(n) ? null : write(n);
}

export const MODELS_COLUMNS = [
	modelsColumn("name", "Model", null, "name", (set, i, { category, mode }) => [
		h("a", { href: mode === "grouped" ? href("models", category, "", { q: set.names[i] }) : href("model", category, set.names[i]) }, nameText(set.names[i])),
		set.isNsfw(i) ? h("span", { class: "models-nsfw" }, "NSFW") : null,
	], { code: true, text: (set, i) => set.names[i], value: (set, i) => set.names[i] }),
	modelsColumn("baseline", "Baseline", 10.5, "baseline", (set, i) => nameText(set.baselineOf(i) || "–"), { code: true, text: (set, i) => set.baselineOf(i), value: (set, i) => set.baselineOf(i) }),
	modelsColumn("risk", "Risk", 6.25, "risk_score", (set, i) => [set.isCritical(i) ? badge("critical", "warning", "bad") : null, " ", number(set.score[i])], {
		falls: true,
		numeric: true,
		help: "How many reasons there are; critical models come first",
		text: (set, i) => set.score[i] + (set.isCritical(i) ? ", critical" : ""),
		csv: [["risk_score", (set, i) => set.score[i]], ["critical", (set, i) => set.isCritical(i)]],
	}),
	modelsColumn("why", "Why", 18, "reasons", modelsReasons, { sort: false, help: "The reasons to look at it", value: (set, i) => set.flagsOf(i).join(" ") }),
	modelsColumn("since", "At risk since", 7.25, "at_risk_since", (set, i) => modelsKnown(set.since[i], (since) => [h("span", { class: "nowrap" }, utcDay(since)), h("span", { class: "models-days" }, count(set.days(i), "day"))]) ?? "–", {
		text: (set, i) => modelsKnown(set.since[i], utcDay),
		value: (set, i) => modelsKnown(set.since[i], utcDay),
	}),
	modelsNumber("day", "Day", "usage_day", "Used in the last day"),
	modelsNumber("month", "Month", "usage_month", "Used in the last month"),
	modelsNumber("total", "Total", "usage_total", "Used as long as AI Horde counts"),
	modelsColumn("share", "Share", 5, "usage_percentage_of_category", (set, i) => percent(set.share(i)), { falls: true, numeric: true, help: "Part of the month's usage of the category", value: (set, i) => set.share(i) }),
	modelsNumber("workers", "Workers", "active_workers", "Workers that serve it now"),
	modelsColumn("size", "Size", 5.5, "size_gb", (set, i) => modelsKnown(set.size[i], bytesGB) ?? "–", { falls: true, numeric: true, value: (set, i) => modelsKnown(set.size[i], Number) }),
	modelsColumn("nsfw", "NSFW", 4.5, "nsfw", (set, i) => (set.isNsfw(i) ? "yes" : "no"), { falls: true, value: (set, i) => set.isNsfw(i) }),
	// Filled when it is known; it has no text to be taken away.
	modelsColumn("trend", "90 days", 7, "", () => h("span", { class: "models-trend" }), { sort: false, help: "Usage of each day", text: null, csv: [] }),
];

// Those that are shown unless the address says otherwise.
export const MODELS_DEFAULT = ["name", "baseline", "risk", "why", "since", "month", "total", "workers", "trend"];
