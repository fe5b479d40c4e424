import { h, pause, put, setText, svg } from "./dom.js";
import { CATEGORIES, DOCUMENTS, DOCUMENT_STATES, RESULTS, STATES, age, count, isRiskCategory, number, sinceWhen } from "./words.js";
import { linkTo } from "./address.js";
import { connection, fetchJson, statisticsPath } from "./api.js";
import { ageHistory, ageMarks, ageSentence, ageTable, drawAges } from "./age-chart.js";
import { badge, icon, loading, problem, stateBadge, swap, table, ticking, viewHead } from "./parts.js";
import { shell } from "./shell.js";

// Cycles of a day may be tens of kilobytes, so they are not asked for with every publish;
// what counts at once is in the health.
const OVERVIEW_CYCLES = 60000;
const OVERVIEW_CYCLES_FEW = 10000;
const OVERVIEW_CYCLES_SMALL = 300000;
const OVERVIEW_BREAKERS = {
	closed: ["Asked as usual", "check", "ok"],
	half_open: ["Being tried again", "clock", "warn"],
	open: ["Not asked", "cross", "bad"],
};

// How much somebody has to look at a category: 0, it is well.
function overviewSeverity(category) {
	return Object.keys(STATES).indexOf(category.state);
}

function overviewIsWrong(category) {
	return overviewSeverity(category) > 0 || category.trouble !== null || category.gate.refused.length > 0 || category.history?.state === "failing" || Boolean(category.history?.notify?.error) || category.fleet?.up === false;
}

// Since when answers are what they are, in Unix seconds, or null.
function overviewSince(category, now, limits) {
	const from = { "stale": limits?.ttl, "stale-if-error": limits?.stale_ttl, "expired": limits?.stale_if_error }[category.state];
	return from === undefined || category.age === null ? null : now - category.age + from;
}

// What is wrong with a category, each a sentence. Documents say why refreshes do not go well
// and what the gate refuses: who says it as well is not asked.
function overviewWrongs(category) {
	const wrong = category.documents.filter((one) => one.last_error && one.state !== "good" && one.state !== "untried");
	const wrongs = wrong.map(({ document, state, last_error: error }) => "The " + (DOCUMENTS[document] ?? document) + " " + (DOCUMENT_STATES[state] ?? state) + " at " + sinceWhen(error.at) + (error.host ? " from " + error.host : "") + ": " + error.text);
	const refused = category.gate.refused.filter((name) => !wrong.some((one) => one.document === name));
	if (refused.length) {
		wrongs.unshift("Since " + sinceWhen(category.gate.since) + " the gate refuses what shrank too far to be believed: " + refused.map((name) => DOCUMENTS[name] ?? name).join(", "));
	}
	if (category.trouble) {
		wrongs.unshift("Since " + sinceWhen(category.trouble.since) + " refreshes do not go well" + (wrongs.length ? "" : ": " + category.trouble.cause));
	}
	if (category.history?.state === "failing") {
		wrongs.push("The history is not written: " + category.history.error);
	}
	const notify = category.history?.notify;
	if (notify?.error) {
		wrongs.push(count(notify.pending, "change") + " not posted to the webhook: " + notify.error);
	}
	if (category.fleet?.up === false) {
		wrongs.push("Redis does not answer" + (category.fleet.error ? ": " + category.fleet.error : ""));
	}
	return wrongs;
}

// The sentence that says it all.
function overviewSentence(categories, now, limits, down) {
	const total = categories.length;
	const bad = categories.filter((category) => category.state !== "fresh");
	const failing = categories.filter((category) => category.state === "fresh" && category.trouble);
	if (!bad.length) {
		const all = total === 1 ? "The only category " + (down ? "was" : "is") + " fresh" : "All " + total + " categories " + (down ? "were" : "are") + " fresh";
		const but = failing.length ? ", but refreshes of " + (failing.length === 1 ? CATEGORIES(failing[0].category) : failing.length) + " do not go well" : "";
		return all + but;
	}
	const since = bad.map((category) => overviewSince(category, now, limits)).filter((at) => at !== null);
	const one = bad.length === 1;
	const same = bad.every((category) => category.state === bad[0].state);
	const what = same ? STATES[bad[0].state].words.toLowerCase() : "fresh";
	const not = same ? "" : "not ";
	const verb = since.length && !down ? (one ? "has " : "have ") + not + "been " : (down ? (one ? "was " : "were ") : one ? "is " : "are ") + not;
	return (bad.length === total && !one ? "All " + total : bad.length + " of " + total) + " categories " + verb + what + (since.length ? " since " + sinceWhen(Math.min(...since)) : "");
}

function overviewDelta(now, before) {
	const by = now - before;
	return by === 0 ? "±0" : (by > 0 ? "+" : "−") + number(Math.abs(by));
}

// What was last published, and before that a day ago or, if the ring is shorter, first:
// {models, at_risk, critical, at} each, or null.
function overviewCounts(answer) {
	const { cycles } = answer;
	const at = (i) => ({ models: cycles.models[i], at_risk: cycles.at_risk[i], critical: cycles.critical[i], at: cycles.begun[i] });
	const published = cycles.number.map((_, i) => i).filter((i) => cycles.models[i] !== null);
	if (!published.length) {
		return null;
	}
	const day = published.filter((i) => cycles.begun[i] <= answer.now - 86400);
	return { last: at(published.at(-1)), before: at(day.at(-1) ?? published[0]) };
}

// What one category's card and row have in common: the state, the age, the next refresh,
// the day. They are made once and change in place.
class OverviewCategory {
	// old: what follows the age.
	constructor(name, old) {
		this.name = name;
		this.old = old;
		this.cycles = null;
		this.lost = "";
		this.asked = 0;
		this.asking = false;
		this.state = h("span", { class: "ov-state" });
		this.age = h("span", { class: "ov-age" });
		this.next = h("span", {});
		this.chart = svg("svg", { class: "age-chart", role: "img", "aria-label": "The last 24 hours are not known yet." });
		this.models = h("span", {});
		this.modelsBy = h("span", { class: "muted small" });
		this.wrong = h("div", {});
	}

	// health: of this category; page: {now, limits, skew, down, fetchedAt}.
	update(health, page) {
		this.health = health;
		this.page = page;
		swap(this.state, health.state + page.down, () => (page.down ? h("span", { class: "muted" }, "Was ", stateBadge(health.state)) : stateBadge(health.state)));
		this.#time(this.age, health.age === null ? null : page.fetchedAt - health.age, (s) => age(s) + this.old, "");
		this.#time(this.next, health.next_try === null ? null : health.next_try - page.skew, (s) => (s < -1 ? "in " + age(-s) : "now"), "–");
		const wrongs = [...overviewWrongs(health), this.lost].filter(Boolean);
		swap(this.wrong, wrongs.join("\n"), () => (wrongs.length ? h("ul", { class: "ov-wrong" }, wrongs.map((text) => h("li", { text }))) : []));
		this.draw();
	}

	#time(node, since, write, none) {
		if (since === null) {
			swap(node, "none", () => none);
			return;
		}
		swap(node, "since", () => ticking(since, write));
		if (Math.abs(node.firstChild.since - since) >= 1.5) {
			node.firstChild.update(since);
		}
	}

	// The day, when cycles or the age are new.
	draw() {
		if (!this.cycles || !this.page?.limits || !this.health) {
			return;
		}
		const elapsed = Date.now() / 1000 - this.page.fetchedAt;
		const old = this.health.age === null ? null : this.health.age + elapsed;
		this.history = ageHistory(this.cycles, this.page.limits, Date.now() / 1000 + this.page.skew, old);
		drawAges(this.chart, this.history);
		const sentence = ageSentence(this.history);
		if (this.chart.getAttribute("aria-label") !== sentence) {
			this.chart.setAttribute("aria-label", sentence);
		}
		this.counts = overviewCounts(this.cycles);
		this.figures();
	}

	figures() {
		const counts = this.counts;
		setText(this.models, number(counts?.last.models));
		setText(this.modelsBy, counts && counts.last.models !== counts.before.models ? overviewDelta(counts.last.models, counts.before.models) : "");
	}
}

// A category with deletion risk, large.
class OverviewCard extends OverviewCategory {
	constructor(name) {
		super(name, " old");
		const figure = (label, value) => h("div", { class: "ov-figure" }, h("dt", {}, label), h("dd", {}, value[0], value[1]));
		const pair = () => [h("span", { class: "ov-value" }, "–"), h("span", { class: "muted small" })];
		this.values = { models: pair(), at_risk: pair(), critical: pair() };
		this.limits = h("div", { class: "age-limits small muted", "aria-hidden": true });
		this.hours = h("div", { class: "age-hours small muted", "aria-hidden": true });
		this.caption = h("figcaption", { class: "small muted" });
		this.sentence = h("p", { class: "small muted" });
		this.compared = h("p", { class: "small muted" });
		this.table = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Age of " + CATEGORIES(name) + " by the hour" });
		this.details = h("details", { class: "small", on: { toggle: () => this.#table() } }, h("summary", {}, "The same as a table"), this.table);
		this.last = h("span", {});
		this.documents = h("dl", { class: "ov-facts" });
		this.records = h("dl", { class: "ov-facts" });
		this.day = h("figure", { class: "ov-day", hidden: true }, this.caption, h("div", { class: "age-box" }, this.chart, this.limits, this.hours), this.sentence, this.details);
		this.node = h(
			"section",
			{ class: "card ov-card", "aria-labelledby": "ov-" + name },
			h("div", { class: "ov-head" }, h("h2", { id: "ov-" + name }, linkTo(CATEGORIES(name), "models", name)), this.state, this.age),
			this.wrong,
			h("dl", { class: "ov-figures" }, figure("Models", this.values.models), figure("At risk", this.values.at_risk), figure(linkTo("Critical", "models", name, "", { preset: "critical" }), this.values.critical)),
			this.compared,
			this.day,
			h("dl", { class: "ov-facts" }, h("div", {}, h("dt", {}, "Last refresh"), h("dd", {}, this.last)), h("div", {}, h("dt", {}, "Next"), h("dd", {}, this.next))),
			h("div", { class: "ov-columns" }, h("div", {}, h("h3", {}, "Documents"), this.documents), h("div", {}, h("h3", {}, "Records"), this.records)),
			h("p", { class: "row small" }, linkTo("Models", "models", name), linkTo("Changes", "changes", name), linkTo("Unlisted names", "unlisted", name), linkTo("Statistics", "statistics", name)),
		);
	}

	update(health, page) {
		super.update(health, page);
		swap(this.documents, health.documents.map((one) => one.document + one.state).join(), () => health.documents.map((one) => this.#document(one)));
		for (const one of health.documents) {
			const node = this.documents.querySelector("[data-document='" + one.document + "'] hy-tick");
			const since = page.fetchedAt - (one.age ?? 0);
			if (node && Math.abs(node.since - since) >= 1.5) {
				node.update(since);
			}
		}
		const { history } = health;
		swap(this.records, JSON.stringify(history ?? null), () => this.#records(history, history?.notify));
	}

	nodes() {
		return [this.node];
	}

	#document(one) {
		const known = one.state === "good";
		const at = known ? "check" : one.state === "untried" ? "circle" : "warning";
		return h("div", { "data-document": one.document }, h("dt", {}, h("span", { class: "tone-" + (known ? "ok" : one.state === "untried" ? "none" : "warn") + " ov-dot" }, icon(at)), DOCUMENTS[one.document] ?? one.document), h("dd", {}, one.age === null ? "none" : ticking(this.page.fetchedAt - one.age), known ? null : h("span", { class: "ov-note" }, DOCUMENT_STATES[one.state])));
	}

	#records(history, notify) {
		const fact = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, ...value));
		const states = { reading: "being read", kept: "kept, " + count(history?.models, "model"), failing: "not written" };
		return [
			fact("History", history ? states[history.state] ?? history.state : "not kept here"),
			history?.sampled ? fact("Last sample", ticking(history.sampled - this.page.skew, (s) => age(s) + " ago")) : null,
			fact("Webhook", notify ? (notify.pending ? count(notify.pending, "change") + " waiting" : "nothing waits") : "none"),
			notify?.delivered ? fact("Last post", sinceWhen(notify.delivered)) : null,
		];
	}

	draw() {
		super.draw();
		this.day.hidden = !this.history;
		if (this.history) {
			swap(this.limits, JSON.stringify(this.history.bands), () => this.history.bands.map((band) => h("span", {}, age(band.limit))).reverse());
			const hours = ageMarks(this.history);
			swap(this.hours, JSON.stringify(hours.map(([text, place]) => text + Math.round(place))), () => hours.map(([text, place]) => h("span", { style: { left: place + "%" } }, text)));
			setText(this.caption, "Age of the data, last " + this.history.words);
			setText(this.sentence, ageSentence(this.history));
			this.#table();
		}
		this.#last();
	}

	#table() {
		if (this.details.open && this.history) {
			put(this.table, ageTable(this.history));
		}
	}

	#last() {
		const { cycles } = this.cycles ?? {};
		const i = cycles ? cycles.number.length - 1 : -1;
		const skew = this.page.skew;
		const success = this.health.last_success;
		if (i >= 0 && (success === null || success <= cycles.begun[i] + cycles.took_ms[i] / 1000 + 2)) {
			swap(this.last, "cycle" + cycles.number[i], () => [RESULTS[cycles.result[i]] ?? cycles.result[i], ", ", ticking(cycles.begun[i] - skew, (s) => age(s) + " ago"), ", took " + number(cycles.took_ms[i]) + "\u00a0ms"]);
		} else {
			swap(this.last, "success" + success, () => (success === null ? "none has succeeded" : ["succeeded ", ticking(success - skew, (s) => age(s) + " ago")]));
		}
	}

	figures() {
		const counts = this.counts;
		for (const [name, [value, by]] of Object.entries(this.values)) {
			setText(value, number(counts?.last[name]));
			setText(by, counts ? overviewDelta(counts.last[name], counts.before[name]) : "");
		}
		setText(this.compared, counts ? "Compared with " + sinceWhen(counts.before.at) : "");
	}
}

// Any other category: a row, and a second one where something is wrong.
class OverviewRow extends OverviewCategory {
	constructor(name) {
		super(name, "");
		const cell = (label, props, ...children) => h("td", { ...props, "data-label": label }, children);
		this.node = h(
			"tr",
			{},
			h("th", { scope: "row" }, linkTo(CATEGORIES(name), "statistics", name)),
			h("td", {}, this.state),
			cell("Age", { class: "num" }, this.age),
			h("td", { class: "ov-strip" }, this.chart),
			cell("Next", { class: "num" }, this.next),
			cell("Models", { class: "num" }, this.modelsBy, " ", this.models),
		);
		this.below = h("tr", { class: "ov-below" }, h("td", { colspan: 6 }, this.wrong));
	}

	nodes() {
		return this.wrong.firstChild ? [this.node, this.below] : [this.node];
	}
}

export class ViewOverview extends HTMLElement {
	#abort = new AbortController();
	#categories = new Map();
	#made = false;

	show() {
		shell.title("Overview");
		const options = { signal: this.#abort.signal };
		if (!this.#made) {
			this.#made = true;
			this.#build();
			shell.addEventListener("health", () => this.#update(), options);
			connection.addEventListener("change", () => this.#update(), options);
		}
		// What is known already is as much as what comes.
		pause().then(() => this.#update());
	}

	// A cycle is in the ring a moment after its snapshot is served.
	refresh(name) {
		setTimeout(() => this.isConnected && this.#cycles(this.#categories.get(name)), 1500);
	}

	disconnectedCallback() {
		this.#abort.abort();
	}

	#build() {
		this.sentence = h("p", { class: "ov-sentence", role: "status" });
		this.meta = h("p", { class: "small muted" });
		this.note = h("div", {}, loading());
		this.cards = h("div", { class: "ov-cards" });
		this.rows = h("tbody", {});
		this.span = h("th", { scope: "col" }, "Last 24 h");
		this.others = h("section", { class: "ov-section", hidden: true, "aria-labelledby": "ov-others" }, h("h2", { id: "ov-others" }, "Other categories"), h("div", { class: "card ov-table" }, table(["Category", "State", "#Age", this.span, "#Next refresh", "#Models"], this.rows)));
		this.hosts = h("section", { class: "ov-section", "aria-labelledby": "ov-hosts", hidden: true });
		this.fleet = h("section", { class: "ov-section", "aria-labelledby": "ov-fleet", hidden: true });
		put(this, viewHead("Overview", this.meta), this.sentence, this.note, this.cards, this.others, h("div", { class: "ov-pair" }, this.hosts, this.fleet));
	}

	#update() {
		const answer = shell.health;
		if (!answer) {
			if (shell.error) {
				swap(this.note, "error" + shell.error.detail, () => problem(shell.error, () => shell.ask(0)));
			}
			return;
		}
		swap(this.note, "none", () => []);
		const { data } = answer;
		const fetchedAt = answer.fetchedAt / 1000;
		const page = {
			fetchedAt,
			now: data.now ?? fetchedAt,
			skew: data.now ? Math.round(data.now - fetchedAt) : 0,
			limits: data.hydration ?? null,
			down: shell.blind(),
		};
		this.#overall(data.categories, page);
		this.#meta(data, page);
		for (const health of data.categories) {
			const known = this.#category(health.category);
			known.update(health, page);
			this.#cycles(known);
		}
		this.#order(data.categories);
		this.#hosts(data.hosts, page);
		this.#fleet(data.categories, page);
	}

	#overall(categories, page) {
		const text = overviewSentence(categories, page.now, page.limits, page.down);
		const tone = shell.tone();
		const said = page.down ? (connection.state === "down" ? "Not connected. At " : "At ") + sinceWhen(page.fetchedAt) + " " + text[0].toLowerCase() + text.slice(1) : text;
		this.sentence.className = "ov-sentence tone-" + tone;
		swap(this.sentence, tone + said, () => [icon({ ok: "check", warn: "warning", bad: "cross" }[tone]), h("span", {}, said + ".")]);
	}

	#meta(data, page) {
		if (data.started && data.hydration) {
			swap(this.meta, JSON.stringify([data.started, data.hydration.interval, data.version]), () => ["Version " + data.version + ", up for ", ticking(data.started - page.skew), ", refreshes every " + age(data.hydration.interval)]);
		}
	}

	#category(name) {
		let known = this.#categories.get(name);
		if (!known) {
			known = isRiskCategory(name) ? new OverviewCard(name) : new OverviewRow(name);
			this.#categories.set(name, known);
		}
		return known;
	}

	// What is wrong comes first, else the order is that of the configuration.
	#order(categories) {
		const sorted = [...categories].sort((a, b) => overviewIsWrong(b) - overviewIsWrong(a) || overviewSeverity(b) - overviewSeverity(a));
		const names = new Set(categories.map((category) => category.category));
		for (const [name, known] of this.#categories) {
			if (!names.has(name)) {
				this.#categories.delete(name);
			}
		}
		const place = (parent, nodes) => {
			if (nodes.length !== parent.children.length || nodes.some((node, i) => parent.children[i] !== node)) {
				const focused = parent.contains(document.activeElement) ? document.activeElement : null;
				put(parent, nodes);
				focused?.focus({ preventScroll: true });
			}
		};
		const nodes = (risk) => sorted.filter((category) => isRiskCategory(category.category) === risk).flatMap((category) => this.#categories.get(category.category).nodes());
		place(this.cards, nodes(true));
		place(this.rows, nodes(false));
		this.others.hidden = !this.rows.firstChild;
	}

	// The day of a category, asked for again when it is due.
	async #cycles(known) {
		if (!known) {
			return;
		}
		const few = (known.cycles?.cycles.number.length ?? 0) < 300;
		const due = !(known instanceof OverviewCard) ? OVERVIEW_CYCLES_SMALL : few ? OVERVIEW_CYCLES_FEW : OVERVIEW_CYCLES;
		if (known.asking || Date.now() - known.asked < due) {
			return;
		}
		known.asking = true;
		try {
			const answer = await fetchJson(statisticsPath(known.name, "cycles"), { signal: this.#abort.signal });
			known.cycles = answer.data;
			known.lost = "";
			known.draw();
			if (known.history) {
				setText(this.span, "Last " + known.history.words);
			}
		} catch (error) {
			// The card stays without its day; that there is no connection is said above.
			known.lost = error.unreadable ? "The last 24 hours are not known: " + error.detail : "";
		}
		known.asked = connection.state === "up" ? Date.now() : 0;
		known.asking = false;
	}

	#hosts(hosts, page) {
		this.hosts.hidden = !hosts?.length;
		if (!hosts?.length) {
			return;
		}
		const row = (host) => {
			const [words, name, tone] = OVERVIEW_BREAKERS[host.state] ?? [host.state, "circle", "none"];
			return h("tr", {}, h("th", { scope: "row", class: "name" }, host.host), h("td", {}, badge(words, name, tone)), h("td", { class: "num", "data-label": "Failures" }, number(host.failures)), h("td", { "data-label": "Asked again" }, host.retry_at ? ticking(host.retry_at - page.skew, (s) => (s < 0 ? "in " + age(-s) : "now")) : "–"));
		};
		swap(this.hosts, JSON.stringify(hosts), () => [h("h2", { id: "ov-hosts" }, "Upstreams"), h("div", { class: "card ov-table" }, h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Hosts that are asked" }, table(["Host", "State", "#Failures", "Asked again"], h("tbody", {}, hosts.map(row)))))]);
	}

	// Machines of a fleet mostly have one role for all categories, so those are one row.
	#fleet(categories, page) {
		const groups = new Map();
		for (const { category, fleet } of categories) {
			if (fleet) {
				const key = JSON.stringify([fleet.role, fleet.leader, fleet.up, fleet.error]);
				groups.set(key, [...(groups.get(key) ?? []), [category, fleet]]);
			}
		}
		this.fleet.hidden = !groups.size;
		const roles = { leader: "Leads", follower: "Follows", alone: "Alone" };
		const row = (members) => {
			const [, fleet] = members[0];
			const names = members.length === categories.length ? "all categories" : members.map(([name]) => CATEGORIES(name)).join(", ");
			const lag = Math.max(...members.map(([, one]) => one.lag));
			return h("tr", {}, h("td", {}, badge(roles[fleet.role] ?? fleet.role, fleet.up ? "check" : "warning", fleet.up ? "ok" : "warn")), h("td", { class: "name", "data-label": "Leader" }, fleet.leader ?? "–"), h("td", { "data-label": "Of" }, names), h("td", { class: "num", "data-label": "Lag" }, age(lag)), h("td", { "data-label": "Redis" }, fleet.up ? "answers" : "does not answer" + (fleet.error ? ": " + fleet.error : "")));
		};
		swap(this.fleet, JSON.stringify([...groups.keys(), page.down]), () => [h("h2", { id: "ov-fleet" }, "Fleet"), h("div", { class: "card ov-table" }, h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Roles of this machine" }, table(["Here", "Leader", "Of", "#Lag", "Redis"], h("tbody", {}, [...groups.values()].map(row)))))]);
	}
}
