import { $, h, put } from "./dom.js";
import { FLAGS, KINDS, KIND_HELP, PRESETS, STATES, DOCUMENTS, age } from "./words.js";
import { BASE } from "./api.js";
import { href } from "./address.js";
import { flagChip, stateBadge, viewHead } from "./parts.js";
import { shell } from "./shell.js";

const HELP_KEYS = [
	["/", "search in this view"],
	["?", "these keys"],
	["↑ ↓", "in the table of models: row by row"],
	["Page Up", "a screen of rows up; Page Down: down"],
	["Home", "the first row; End: the last"],
	["Space", "mark the row; with Shift: all from the last marked one"],
	["Enter", "open the model of the row"],
	["g o", "overview"],
	["g m", "models"],
	["g c", "changes"],
	["g u", "unlisted names"],
	["g s", "statistics"],
	["g h", "help"],
];

// The keys of the page, for the dialog and the help.
export function helpKeys() {
	return h("dl", { class: "keys" }, HELP_KEYS.map(([keys, text]) => [
		h("dt", {}, (/^(g|↑) /.test(keys) ? keys.split(" ") : [keys]).map((key) => h("kbd", {}, key))),
		h("dd", {}, text),
	]));
}

const HELP_COLUMNS = [
	["Risk", "The risk score: how many reasons the model has. At risk is a model with one or more."],
	["Why", "The reasons, in words."],
	["At risk since", "The day (UTC) of the first refresh since which the model has had a reason all the time. Known only where a history is kept, and not of groups."],
	["Day, Month, Total", "How often the model was used in the last day, in the last month and since AI Horde counts, as AI Horde says. For text these are the numbers of the whole family, all sizes and versions, unless the daemon has the correction exact-usage or the table shows exact names."],
	["Share", "The model's part of the month's usage of all models of the category."],
	["Workers", "How many workers serve the model now. A backend has a name of its own for a model; the name with the most workers counts."],
	["Size", "The size of its files on disk, where the model reference says it. 1 GB is 2³⁰ bytes."],
	["90 days", "Usage of each day (UTC), from the history of this daemon: what the total grew by."],
	["Families", "Text models whose names are the same but for author, size, version and quantisation are one row: usage is added up, of workers the largest number counts, and a reason of one is a reason of the group."],
	["Exact names", "Each text model with the usage of its own name and of the names that its backends have for it, not with that of its family."],
];

function helpList(items) {
	return h("dl", { class: "help-list" }, items.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))));
}

function helpText(...texts) {
	return texts.map((text) => h("p", {}, text));
}

// How old data may be before their state changes: numbers of this daemon, if they are known.
function helpBands() {
	const limits = shell.health?.data.hydration;
	const of = (name) => (limits ? name + " (here " + age(limits[name]) + ")" : name);
	return h("div", { class: "help-bands" }, helpText(
		"The age of an answer is that of the oldest document it is made of: data are as old as the moment at which that document was asked for.",
		"Younger than " + of("ttl") + " it is fresh. Up to " + of("stale_ttl") + " it is stale, and a refresh is due. Up to " + of("stale_if_error") + " it is still served, because refreshes fail. Beyond that the answer is 503, and this page says that there are no data.",
	));
}

// Each has a link of its own: #/help/NAME.
const HELP_SECTIONS = [
	["data", "Where the data come from", () => [
		helpText("hydratord fetches these documents again and again, computes from them, and keeps the result in memory for everybody who asks. This page asks the same daemon; it needs nothing from elsewhere and sends nothing anywhere."),
		helpList([
			["Model reference", "Which models there are: names, baselines, files, descriptions. Kept by the people of AI Horde."],
			["Status of models", "From AI Horde: how many workers serve each model now, and how long its queue is."],
			["Usage", "From AI Horde: how often each model was used in the last day, the last month, and in all."],
			["Workers", "From AI Horde: each worker, and which models it serves."],
		]),
		helpText("A document that cannot be fetched is replaced by the last good one, and what is made of it is as old as that. A document that shrank so far that it cannot be believed is refused for a while, too."),
		h("p", {}, "Programs get the same data by HTTP: ", h("a", { href: BASE + "/openapi.json" }, "openapi.json"), " describes it."),
	]],
	["reasons", "Reasons to look at a model", () => [
		helpList(Object.entries(FLAGS).map(([name, flag]) => [flagChip(name), [flag.help, h("span", { class: "muted" }, " Document: " + DOCUMENTS[flag.document] + ".")]])),
		helpText(
			"A model that AI Horde reports no usage of at all has none of the reasons about usage, unless the daemon has the correction never-used, which takes it for unused.",
			"Text models have none of the four reasons about hosts and downloads unless text_ignore_hosts is off: their files are found by the backends.",
			"Critical: an image model that is not used this month and has no workers; a text model with less than text_critical_usage uses in the month (10 by default) and less than text_critical_workers workers (1 by default).",
			"A model is never deleted by this daemon. It says where to look, and people decide.",
		),
	]],
	["presets", "Presets", () => helpList(PRESETS.map(({ label, help }) => [label, help + "."]))],
	["columns", "Columns and modes of the table", () => helpList(HELP_COLUMNS)],
	["states", "States and ages", () => [
		helpList(Object.keys(STATES).map((name) => [stateBadge(name), STATES[name].help])),
		helpBands(),
		helpText("Live: the daemon pushes each refresh and each change to this page. If the connection is lost, the page turns red, says since when, and keeps what it has; it comes back by itself, also after a reload of the daemon."),
	]],
	["changes", "Changes", () => [
		helpList(Object.entries(KINDS).map(([kind, words]) => [words, KIND_HELP[kind]])),
		helpText(
			"A reason is reported when it has lasted for a while (history.settle), so that one that comes and goes is none. The time is that of the refresh that reported it; “so since” is when it began.",
			"The last 1,000 changes of each category are kept.",
		),
	]],
	["unlisted", "Unlisted names", () => helpText("Names of which AI Horde reports workers or usage, and which belong to no model of the reference: not by themselves, not with the prefix of a backend (aphrodite/, koboldcpp/), and not without a suffix of quantisation.")],
	["statistics", "Statistics", () => helpText(
		"They count what the model reference says, and know nothing of AI Horde. A tag that a model has twice counts twice; of tags and styles the 20 most frequent are shown.",
		"The sizes of text models are read only with the correction parameter-buckets: the service that hydratord stands in for looks in another place, and finds none.",
	)],
	["keys", "Keys", helpKeys],
];

export class ViewHelp extends HTMLElement {
	#abort = new AbortController();

	connectedCallback() {
		const { signal } = this.#abort;
		shell.addEventListener("health", () => $(".help-bands", this)?.replaceWith(helpBands()), { signal });
	}

	show(address) {
		shell.title("Help");
		put(
			this,
			viewHead("Help"),
			h("nav", { class: "help-contents", "aria-label": "Contents of the help" }, HELP_SECTIONS.map(([name, title]) => h("a", { href: href("help", name) }, title))),
			HELP_SECTIONS.map(([name, title, make]) => h("section", { id: "help-" + name }, h("h2", { tabindex: -1 }, title), make())),
		);
		// After the frame has set the focus on the title of a view that is new.
		const heading = $("#help-" + CSS.escape(address.category) + " h2", this);
		requestAnimationFrame(() => {
			heading?.scrollIntoView();
			heading?.focus({ preventScroll: true });
		});
	}

	refresh() {
	}

	disconnectedCallback() {
		this.#abort.abort();
	}
}
