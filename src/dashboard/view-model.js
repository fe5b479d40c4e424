import { h, put } from "./dom.js";
import { CATEGORIES, DOCUMENTS, DOCUMENT_STATES, FLAGS, age, bytesGB, count, day, number, percent, utcDay, when } from "./words.js";
import { goTo, href } from "./address.js";
import { BASE, answerAge, fetchJson, statisticsPath } from "./api.js";
import { live } from "./live.js";
import { badge, copyButton, emptyNote, flagChip, freshnessNote, loading, nameText, problem, ticking, viewHead, visibleName } from "./parts.js";
import { markdownName } from "./export.js";
import { chartDayOf } from "./chart.js";
import { modelsWay } from "./view-models.js";
import { changeDetails, changesEntries } from "./view-changes.js";
import { shell } from "./shell.js";

// One model: why it is flagged, what became of it, and what would change its state. Each
// section is drawn again only when its own data are others, so that a refresh moves neither
// the focus nor what is open.
const MODEL_DAY = 86400;
const MODEL_EVENTS = 20;
const MODEL_FOCUS = "a, button, summary, [tabindex]";
const MODEL_LONG = 60;
const MODEL_FOLDER = /^\.\.?$/;
const MODEL_RANGES = [30, 90, 400];
const MODEL_RANGE = 90;
const MODEL_STATES = {
	critical: ["Critical", "warning", "bad"],
	at_risk: ["At risk", "warning", "warn"],
	well: ["Not at risk", "check", "ok"],
	gone: ["Gone", "circle", "none"],
};

function modelPath(category, name, params) {
	return statisticsPath(category, "models/" + encodeURIComponent(name), params);
}

function modelDays(since) {
	return Math.max(0, Math.floor((Date.now() / 1000 - since) / MODEL_DAY));
}

// "120 days", or nothing on the first.
function modelLength(since) {
	const days = modelDays(since);
	return days > 0 ? count(days, "day") : "";
}

// "2026-08-01, 120 days", of a time zone that all who read it share.
function modelDated(since) {
	return [utcDay(Math.floor(since / MODEL_DAY)), modelLength(since)].filter(Boolean).join(", ");
}

// [name in MODEL_STATES, since when or null]
function modelState({ deletion_risk: risk, history: past }) {
	if (!risk) {
		return ["gone", past.last_seen];
	}
	if (risk.is_critical) {
		return ["critical", past?.critical_since ?? null];
	}
	return risk.at_risk ? ["at_risk", past?.at_risk_since ?? null] : ["well", null];
}

function modelFlags(risk) {
	return Object.keys(risk.deletion_risk_flags).filter((flag) => risk.deletion_risk_flags[flag]);
}

// The daemon's words of a reason, with names of others as a person reads them.
function modelSaid(text) {
	return visibleName(text).replace(/\w+/g, (word) => (Object.hasOwn(FLAGS, word) ? "“" + FLAGS[word].words + "”" : word));
}

// A paragraph that says why it may go, for an issue or a chat. What others wrote is code in it;
// reasons that are numbers have nothing of theirs.
function modelMarkdown(data, at) {
	const { deletion_risk: risk, history: past } = data;
	const [state, since] = modelState(data);
	const of = [CATEGORIES(data.category), risk.baseline && markdownName(risk.baseline), risk.size_gb !== null && bytesGB(risk.size_gb)];
	const texts = new Map(data.explanation.filter(({ value }) => Number.isFinite(value)).map(({ flag, text }) => [flag, " (" + text + ")"]));
	const flags = modelFlags(risk).map((flag) => (FLAGS[flag]?.words ?? flag) + (texts.get(flag) ?? ""));
	const dated = (words, unix) => (unix ? words + " " + modelDated(unix) + ". " : "");
	const text = markdownName(data.name) + " (" + of.filter(Boolean).join(", ") + ") is " + MODEL_STATES[state][0].toLowerCase()
		+ (since ? " since " + modelDated(since) : "") + "; risk score " + risk.risk_score + ". "
		+ (flags.length ? "Why: " + flags.join(", ") + ". " : "")
		+ "Used " + count(risk.usage_day, "time") + " today, " + number(risk.usage_month) + " this month (" + percent(risk.usage_percentage_of_category)
		+ " of its category), " + number(risk.usage_total) + " in total; " + count(risk.worker_count, "worker") + ". "
		+ dated("Unused since", past?.unused_since) + dated("No workers since", past?.no_workers_since)
		+ (risk.download_hosts.length ? "Files on " + risk.download_hosts.map(markdownName).join(", ") + ". " : "")
		+ "As of " + new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC: <" + location.href + ">";
	return text.replaceAll("\u00a0", " ") + "\n";
}

function modelUsageSummary(known) {
	const sum = known.reduce((a, b) => a + b, 0);
	return count(sum, "use") + " in " + count(known.length, "day") + (sum ? ", at most " + number(Math.max(...known)) + " in one" : "");
}

function modelWorkersSummary(known) {
	const least = Math.min(...known);
	const most = Math.max(...known);
	return (least === most ? "" : number(least) + " to ") + count(most, "worker") + " in " + count(known.length, "day");
}

function modelFact(term, ...value) {
	return h("div", {}, h("dt", {}, term), h("dd", {}, value));
}

// columns: [text, is a number].
function modelTable(label, columns, rows) {
	const side = (i) => (columns[i][1] ? "num" : null);
	return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, h("table", {},
		h("thead", {}, h("tr", {}, columns.map(([text], i) => h("th", { scope: "col", class: side(i) }, text)))),
		h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, i) => h("td", { class: side(i) }, cell)))))));
}

export class ViewModel extends HTMLElement {
	#abort = new AbortController();
	#address = null;
	#answer = null;
	#data = null;
	#events = null;
	#drawn = new Map();
	#sections = {};
	#ages = [];
	#freshness = h("span", {});
	#body = h("div", { class: "model-body" });
	#onChange = (event) => this.#arrived(event.detail);
	#onHealth = () => this.#showAges();

	connectedCallback() {
		live.addEventListener("change", this.#onChange);
		shell.addEventListener("health", this.#onHealth);
	}

	disconnectedCallback() {
		live.removeEventListener("change", this.#onChange);
		shell.removeEventListener("health", this.#onHealth);
		this.#abort.abort();
	}

	show(address) {
		const { category, rest } = address;
		const same = this.#address?.category === category && this.#address.rest === rest;
		this.#address = address;
		if (same) {
			this.#drawCharts();
			return;
		}
		this.#abort.abort();
		this.#abort = new AbortController();
		this.#data = this.#events = null;
		shell.title(visibleName(rest));
		put(this.#freshness);
		put(this, viewHead(nameText(rest), h("a", { class: "muted", href: href("models", category) }, CATEGORIES(category)), this.#freshness), this.#body);
		this.querySelector("h1").classList.toggle("model-long", rest.length > MODEL_LONG);
		if (MODEL_FOLDER.test(rest)) {
			this.#clear(emptyNote("Browsers take a name of one or two dots for a folder, so this page cannot ask for the model.", h("p", {}, h("a", { href: href("models", category, "", { q: rest }) }, "Its row in the table"))));
			return;
		}
		this.#clear(loading("Loading the model"));
		this.#load();
	}

	refresh(category) {
		if (category === this.#address?.category && !MODEL_FOLDER.test(this.#address.rest)) {
			this.#load();
		}
	}

	#clear(...children) {
		this.#drawn.clear();
		this.#ages = [];
		this.#sections = {};
		put(this.#body, children);
	}

	#load() {
		const { signal } = this.#abort;
		return Promise.all([this.#loadModel(signal), this.#loadEvents(signal)]);
	}

	async #loadModel(signal) {
		const { category, rest } = this.#address;
		try {
			const answer = await fetchJson(modelPath(category, rest, { explain: true }), { signal });
			put(this.#freshness, freshnessNote(answer));
			this.#answer = answer;
			this.#have(answer.data);
		} catch (error) {
			if (signal.aborted) {
				return;
			}
			if (error.status === 404) {
				await this.#missing(error, signal);
			} else if (!this.#data) {
				this.#clear(problem(error, () => this.#load()));
			} else if (this.#answer) {
				put(this.#freshness, freshnessNote(this.#answer, error));
			}
		}
	}

	// One that has gone has no row any more, but a line at the end of the history.
	async #missing(error, signal) {
		const { category, rest } = this.#address;
		let gone;
		try {
			const list = await fetchJson(statisticsPath(category, "deletion-risk", { limit: 1 }), { signal });
			const { data } = await fetchJson(statisticsPath(category, "history", { offset: list.data.total_count }), { signal });
			const past = data.models.find((row) => row.name === rest);
			gone = past && { category, name: rest, deletion_risk: null, with_stats: null, history: past, dates: data.dates };
		} catch {
			// No history is kept, or it is not read yet: then the name is not there, no more.
		}
		if (signal.aborted) {
			return;
		}
		const named = error.body?.closest;
		const closest = Array.isArray(named) ? named.filter((name) => typeof name === "string") : [];
		put(this.#freshness);
		if (gone) {
			this.#have(gone);
		} else if (this.#data || this.#once("missing", closest)) {
			this.#data = null;
			this.#clear(this.#notFound(closest, error.detail));
			this.#once("missing", closest);
		}
	}

	#notFound(closest, detail) {
		const { category } = this.#address;
		const link = (name) => h("li", {}, h("a", { href: href("model", category, name) }, nameText(name)));
		return h("div", { class: "problem tone-warn", role: "status" },
			h("p", { class: "problem-title" }, "There is no model of this name"),
			h("p", {}, closest.length ? "Names that are close to it:" : detail),
			h("ul", {}, closest.map(link)),
			h("p", {}, h("a", { href: href("models", category) }, "All models of " + CATEGORIES(category))));
	}

	async #loadEvents(signal) {
		const { category, rest } = this.#address;
		try {
			const { data } = await fetchJson(statisticsPath(category, "changes"), { signal });
			this.#events = data.changes.filter((change) => change.model === rest || change.former === rest).map((change) => ({ ...change, category }));
		} catch (error) {
			if (signal.aborted || Array.isArray(this.#events)) {
				return;
			}
			this.#events = error;
		}
		this.#drawEvents();
	}

	#arrived(change) {
		const { category, rest } = this.#address ?? {};
		if (change.category === category && change.model === rest && Array.isArray(this.#events) && !this.#events.some(({ id }) => id === change.id)) {
			this.#events.unshift(change);
			this.#drawEvents();
		}
	}

	#have(data) {
		const other = Boolean(this.#data?.deletion_risk) !== Boolean(data.deletion_risk);
		const first = !this.#data;
		this.#data = data;
		if (first || other) {
			this.#build();
		}
		const { deletion_risk: risk, with_stats: stats, history: past } = data;
		this.#draw("head", [risk, stats?.queued_jobs, past?.first_seen, past?.resets, modelState(data), past?.unused_since, past?.no_workers_since], () => this.#head());
		this.#draw("why", data.explanation?.map(({ set, text }) => [set, text]), () => this.#why());
		this.#draw("workers", [risk?.worker_count, stats === null, stats?.worker_summaries], () => this.#workers());
		this.#draw("files", risk && [risk.download_count, risk.download_hosts], () => this.#files());
		this.#draw("backends", stats?.backend_variations, () => this.#backends());
		this.#drawCharts();
		this.#drawEvents();
		this.#showAges();
	}

	#build() {
		const { category, rest } = this.#address;
		const section = (name) => {
			this.#sections[name] = h("section", { class: "model-" + name, hidden: true });
			return this.#sections[name];
		};
		this.#clear();
		put(this.#body, section("head"),
			h("p", { class: "row" }, copyButton("Copy link", () => location.href),
				this.#data.deletion_risk && copyButton("Copy as Markdown", () => modelMarkdown(this.#data, Date.now() / 1000 - (answerAge(this.#answer) ?? 0))),
				this.#data.deletion_risk && h("a", { href: BASE + modelPath(category, rest, {}) }, "JSON"), this.#way()),
			h("div", { class: "model-columns" },
				h("div", {}, section("why"), section("events")),
				h("div", {}, section("time"), section("files"))),
			section("workers"), section("backends"));
	}

	// To its neighbours in the list that it was opened from.
	#way() {
		const { category, rest, params } = this.#address;
		const way = modelsWay(category, rest);
		const link = (text, name) => name !== undefined && h("a", { href: href("model", category, name, params) }, text);
		return way && h("nav", { class: "row model-way", "aria-label": "The list it is from" }, link("Previous", way.previous),
			h("a", { href: way.hash }, number(way.place + 1) + " of " + number(way.total)), link("Next", way.next));
	}

	// A section that has nothing to say is not there. What was open in it stays open, and what
	// had the focus has it again.
	#draw(name, data, make) {
		if (!this.#once(name, data)) {
			return;
		}
		const section = this.#sections[name];
		const all = (selector) => [...section.querySelectorAll(selector)];
		const open = all("details").map((details) => details.open);
		const focus = all(MODEL_FOCUS).indexOf(document.activeElement);
		const children = make();
		put(section, children);
		section.hidden = children.length === 0;
		all("details").forEach((details, i) => {
			details.open = open[i] ?? false;
		});
		all(MODEL_FOCUS)[focus]?.focus({ preventScroll: true });
	}

	#once(name, data) {
		const key = JSON.stringify(data ?? null);
		const other = this.#drawn.get(name) !== key;
		this.#drawn.set(name, key);
		return other;
	}

	#head() {
		const { deletion_risk: risk, with_stats: stats, history: past } = this.#data;
		const [state, since] = modelState(this.#data);
		const verdict = h("p", { class: "row model-verdict" }, badge(...MODEL_STATES[state]), since && h("span", {}, "since " + day(since) + (modelLength(since) && " (" + modelLength(since) + ")")), risk && modelFlags(risk).map(flagChip));
		const dated = (term, unix) => unix && modelFact(term, day(unix), " ", h("span", { class: "muted small nowrap" }, modelLength(unix)));
		if (!risk) {
			return [verdict, h("p", {}, "It is no longer in the reference. This is what is still known of it."), h("dl", { class: "model-facts" }, dated("First seen", past.first_seen))];
		}
		return [verdict, h("dl", { class: "model-facts" },
			modelFact("Risk score", number(risk.risk_score)),
			modelFact("Used today", number(risk.usage_day)),
			modelFact("Used this month", number(risk.usage_month) + " (" + percent(risk.usage_percentage_of_category) + ")"),
			modelFact("Used in total", number(risk.usage_total)),
			modelFact("Workers", number(risk.worker_count)),
			stats && modelFact("Jobs waiting", number(stats.queued_jobs)),
			modelFact("Baseline", risk.baseline ? nameText(risk.baseline) : "none"),
			risk.size_gb !== null && modelFact("Size", bytesGB(risk.size_gb)),
			modelFact("NSFW", risk.nsfw ? "yes" : "no"),
			dated("Unused since", past?.unused_since),
			dated("No workers since", past?.no_workers_since),
			dated("First seen", past?.first_seen),
			past?.resets > 0 && modelFact("Usage counted anew", count(past.resets, "time")))];
	}

	#why() {
		if (!this.#data.deletion_risk) {
			return [];
		}
		this.#ages = [];
		const set = this.#data.explanation.filter((reason) => reason.set);
		const clear = this.#data.explanation.filter((reason) => !reason.set);
		return [h("h2", {}, "Why it is flagged"),
			set.length ? [h("p", { class: "muted" }, "It is no longer at risk once none of these holds."), this.#reasons(set)] : h("p", { class: "muted" }, "Nothing: none of the reasons holds."),
			clear.length > 0 && h("details", {}, h("summary", {}, count(clear.length, "reason does", "reasons do") + " not hold: what would change that"), this.#reasons(clear))];
	}

	#reasons(reasons) {
		return h("ul", { class: "model-reasons", role: "list" }, reasons.map(({ flag, text, option, document: source }) => {
			const old = h("span", {});
			this.#ages.push([source, old]);
			return h("li", {},
				h("div", { class: "row" }, flag === "critical" ? h("strong", {}, "critical") : flagChip(flag), h("span", { class: "muted small" }, source && [DOCUMENTS[source] ?? source, old])),
				h("p", {}, modelSaid(text), option && !text.includes(option) && [" (", h("code", {}, option), ")"]));
		}));
	}

	// Of documents says the health how old they are: an answer that has not changed is a 304.
	#showAges() {
		const health = shell.health;
		const documents = health?.data.categories.find(({ category }) => category === this.#address?.category)?.documents ?? [];
		for (const [source, node] of this.#ages) {
			const found = documents.find(({ document }) => document === source);
			const state = found && found.state !== "good" ? " (" + (DOCUMENT_STATES[found.state] ?? found.state) + ")" : "";
			put(node, found && Number.isFinite(found.age) ? [", ", ticking(health.fetchedAt / 1000 - found.age, (seconds) => age(seconds) + " old")] : null, state);
		}
	}

	#drawCharts() {
		if (!this.#data) {
			return;
		}
		const { history: past, dates } = this.#data;
		const kept = Boolean(past && dates?.length);
		this.#draw("time", [kept, kept || shell.health === null], () => this.#time(kept));
		if (!kept) {
			return;
		}
		const { category, rest, params } = this.#address;
		const ranges = MODEL_RANGES.filter((n, i) => i === 0 || MODEL_RANGES[i - 1] < dates.length).map((n) => Math.min(n, dates.length));
		const wanted = Number(params.get("days")) || MODEL_RANGE;
		const range = ranges.find((n) => n >= wanted) ?? ranges.at(-1);
		const group = this.#sections.time.querySelector("[role=group]");
		if (this.#once("ranges", ranges)) {
			const go = (n) => goTo({ view: "model", category, rest, params: { days: n === MODEL_RANGE ? "" : n } }, { replace: true });
			put(group, ranges.length > 1 && ranges.map((n) => h("button", { type: "button", class: "quiet", on: { click: () => go(n) } }, count(n, "day"))));
		}
		[...group.children].forEach((button, i) => button.setAttribute("aria-pressed", ranges[i] === range));
		this.#fillCharts(dates.slice(-range), dates.length - range);
	}

	#time(kept) {
		const reading = shell.health?.data.categories.find(({ category }) => category === this.#address.category)?.history?.state === "reading";
		const none = this.#data.history ? "Nothing has been recorded yet." : reading ? "The history is being read: it will be here in a moment." : "No history is kept here, so what was on earlier days is not known.";
		return [h("div", { class: "row model-time-head" }, h("h2", {}, "Over time"), h("div", { class: "row", role: "group", "aria-label": "Days shown" })),
			kept ? [h("hy-chart"), h("hy-chart")] : h("p", { class: "muted" }, none)];
	}

	#fillCharts(dates, skip) {
		const past = this.#data.history;
		const marks = [["at_risk_since", "at risk since then"], ["critical_since", "critical since then"]]
			.filter(([key]) => past[key]).map(([key, text]) => ({ at: past[key], text }));
		const charts = this.#sections.time.querySelectorAll("hy-chart");
		const show = (chart, series, summary, given) => {
			const values = dates.map((_, i) => series[skip + i - past.from] ?? null);
			if (this.#once(given.label, [dates.at(-1), values, marks])) {
				const known = values.filter((value) => value !== null);
				chart.show({ ...given, days: dates.map(chartDayOf), values, marks, group: "model", summary: known.length ? summary(known) : "nothing known yet" });
			}
		};
		show(charts[0], past.usage, modelUsageSummary, { label: "Used in a day", shape: "bars", color: "--accent", words: (n) => count(n, "use") });
		show(charts[1], past.workers, modelWorkersSummary, { label: "Workers, most in a day", shape: "steps", color: "--ok", words: (n) => count(n, "worker") });
	}

	#drawEvents() {
		if (this.#data) {
			const events = this.#events;
			this.#draw("events", Array.isArray(events) ? events.map(({ id }) => id) : String(events?.status ?? "none"), () => this.#eventList(events));
		}
	}

	#eventList(events) {
		const title = h("h2", {}, "What happened");
		if (!Array.isArray(events)) {
			return events === null ? [title, loading("Loading the changes")] : events.status === 404 ? [] : [title, problem(events, () => this.#loadEvents(this.#abort.signal))];
		}
		if (events.length === 0) {
			return [title, h("p", { class: "muted" }, "Nothing, in the last 1,000 changes of its category.")];
		}
		const { category, rest } = this.#address;
		const entry = (rows) => h("li", {}, h("time", { datetime: new Date(rows[0].at * 1000).toISOString() }, when(rows[0].at)), h("div", {},
			rows[0].model !== rest && h("p", {}, "now ", h("a", { href: href("model", category, rows[0].model) }, nameText(rows[0].model))), changeDetails(rows)));
		return [title, h("ul", { class: "changes-day model-events", role: "list" }, changesEntries(events).slice(0, MODEL_EVENTS).map(entry)),
			h("p", {}, h("a", { href: href("changes", category, "", { q: rest }) }, "All changes with this name"))];
	}

	#workers() {
		const { deletion_risk: risk, with_stats: stats } = this.#data;
		if (!risk) {
			return [];
		}
		const title = h("h2", {}, "Workers that serve it");
		const workers = Object.values(stats?.worker_summaries ?? {});
		if (workers.length === 0) {
			const none = !stats ? "AI Horde does not know this model." : risk.worker_count === 0 ? "None."
				: count(risk.worker_count, "worker") + " by AI Horde's count; the list of workers names none for exactly this name.";
			return [title, h("p", { class: "muted" }, none)];
		}
		const text = this.#address.category === "text_generation";
		return [title, modelTable("Workers that serve it",
			[["Name"], ["Online"], ["Trusted"], ["Performance"], ["Up for", true], ...(text ? [["Length", true], ["Context", true]] : []), ["Program"]],
			workers.map((worker) => [nameText(worker.name ?? ""), worker.online ? "yes" : "no", worker.trusted ? "yes" : "no", nameText(worker.performance ?? ""), h("span", { class: "nowrap" }, age(worker.uptime)),
				...(text ? [number(worker.max_length), number(worker.max_context_length)] : []), nameText(worker.bridge_agent ?? "")]))];
	}

	#files() {
		const risk = this.#data.deletion_risk;
		if (!risk) {
			return [];
		}
		const hosts = risk.download_hosts.map((host, i) => [i > 0 && ", ", nameText(host)]);
		const where = hosts.length ? [" on ", hosts] : ", without a host that can be read";
		return [h("h2", {}, "Downloads"), risk.download_count ? h("p", {}, count(risk.download_count, "file"), where) : h("p", { class: "muted" }, "None in the reference.")];
	}

	// Of images there is one alone, which says what the head says.
	#backends() {
		const all = Object.values(this.#data.with_stats?.backend_variations ?? {});
		if (this.#address.category !== "text_generation" || all.length === 0) {
			return [];
		}
		const columns = [["Backend"], ["Name there"], ["Workers", true], ["Today", true], ["Month", true], ["Total", true], ["Jobs waiting", true]];
		return [h("h2", {}, "Backends"), modelTable("Backends", columns, all.map((one) => [nameText(one.backend), nameText(one.variant_name),
			number(one.worker_count), number(one.usage_day), number(one.usage_month), number(one.usage_total), number(one.queued_jobs)]))];
	}
}
