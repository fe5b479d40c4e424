import { h, put, svg } from "./dom.js";
import { age, clock, count } from "./words.js";
import { table } from "./parts.js";

// How old the data of a category were over the last 24 hours, or since the daemon was
// started. Ages of minutes and of hours have to be seen in one picture, so the scale has one
// step for each band of freshness: what is fresh is in the lowest, whatever its ttl is.
const AGE_STEPS = 288;
const AGE_BAND = 24;
// [length, between two marks, of a row of the table, in words], in seconds.
const AGE_SPANS = [
	[120, 60, 60, "2 min"],
	[600, 120, 60, "10 min"],
	[3600, 900, 300, "hour"],
	[10800, 1800, 900, "3 h"],
	[21600, 3600, 1800, "6 h"],
	[43200, 10800, 3600, "12 h"],
	[86400, 21600, 3600, "24 h"],
];
const AGE_FAILED = new Set(["failed", "partial", "refused", "no_room", "short_of_memory"]);

// The bands as [{limit, words, tone}], the youngest first; one that is no longer than the
// one before is none.
export function ageBands(hydration) {
	const bands = [
		{ limit: hydration.ttl, words: "fresh", tone: "ok" },
		{ limit: hydration.stale_ttl, words: "stale", tone: "warn" },
		{ limit: hydration.stale_if_error, words: "stale for errors", tone: "error" },
	];
	return bands.filter((band, i) => band.limit > (bands[i - 1]?.limit ?? 0));
}

// From the bottom, of so many bands and half a one above them.
function ageHeight(seconds, bands) {
	let low = 0;
	for (let i = 0; i < bands.length; i += 1) {
		const { limit } = bands[i];
		if (seconds <= limit) {
			return (i + Math.max(0, seconds - low) / (limit - low)) * AGE_BAND;
		}
		low = limit;
	}
	return bands.length * AGE_BAND + Math.min(1, (seconds - low) / low) * (AGE_BAND / 2);
}

function ageEnd(cycles, i) {
	return cycles.begun[i] + cycles.took_ms[i] / 1000;
}

// Publications as [time, age of what was published then], and the times of what failed.
// last is what is known of now: [time, age], or null. What is younger by that than by the
// cycles was published after them.
function ageEvents(cycles, last) {
	const published = [];
	const failed = [];
	for (let i = 0; i < cycles.number.length; i += 1) {
		const at = ageEnd(cycles, i);
		const old = cycles.input_age?.[i] ?? null;
		if (old !== null) {
			published.push([at, old]);
		}
		if (AGE_FAILED.has(cycles.result[i])) {
			failed.push(at);
		}
	}
	if (last !== null) {
		const since = last[0] - last[1];
		const [at, old] = published.at(-1) ?? [since, Infinity];
		if (since > at - old + 2) {
			published.push([Math.max(at, since), Math.max(at, since) - since]);
		}
	}
	return { published, failed };
}

// The greatest age in each of n steps from a time on; null where nothing was published yet.
function ageSteps(published, from, length, n) {
	const oldest = new Array(n).fill(null);
	let next = 0;
	let since = null;
	for (let i = 0; i < n; i += 1) {
		const end = from + (length * (i + 1)) / n;
		while (next < published.length && published[next][0] <= end) {
			const [at, old] = published[next];
			if (since !== null && at > from) {
				oldest[i] = Math.max(oldest[i] ?? 0, at - since);
			}
			since = at - old;
			oldest[i] = at > from ? Math.max(oldest[i] ?? 0, old) : oldest[i];
			next += 1;
		}
		if (since !== null) {
			oldest[i] = Math.max(oldest[i] ?? 0, end - since);
		}
	}
	return oldest;
}

// What the chart shows, and its table: of an answer of …/cycles, of the limits, of the time
// of the daemon and the age of now (null: none).
export function ageHistory(answer, hydration, now, oldNow) {
	const { cycles } = answer;
	const { published, failed } = ageEvents(cycles, oldNow === null ? null : [now, oldNow]);
	const known = now - (answer.ring_since ?? now);
	const [length, mark, row, words] = AGE_SPANS.find(([span]) => span >= known) ?? AGE_SPANS.at(-1);
	const from = now - length;
	return {
		bands: ageBands(hydration),
		from,
		now,
		length,
		mark,
		row,
		words,
		failed: failed.filter((at) => at > from),
		refreshes: cycles.begun.filter((at) => at > from).length,
		steps: ageSteps(published, from, length, AGE_STEPS),
		rows: ageSteps(published, from, length, length / row),
		since: Math.min(now, Math.max(from, answer.ring_since ?? now)),
	};
}

// The line, and what is below it as a path for each tone.
function agePaths(steps, bands, height) {
	const areas = {};
	let line = "";
	let drawn = false;
	steps.forEach((old, x) => {
		if (old === null) {
			drawn = false;
			return;
		}
		const y = (height - ageHeight(old, bands)).toFixed(1);
		const tone = bands.find((band) => old <= band.limit)?.tone ?? "bad";
		line += drawn ? "V" + y + "H" + (x + 1) : "M" + x + " " + y + "H" + (x + 1);
		areas[tone] = (areas[tone] ?? "") + "M" + x + " " + height + "V" + y + "h1V" + height + "z";
		drawn = true;
	});
	return { line, areas };
}

// In words, for those who do not see it and for the pointer.
export function ageSentence(history) {
	const known = history.steps.filter((old) => old !== null);
	if (!known.length) {
		return "Nothing was published in the last " + history.words + ".";
	}
	const span = history.since > history.from + 60 ? "Since " + clock(history.since) : "In the last " + history.words;
	const failed = history.failed.length ? count(history.failed.length, "refresh", "refreshes") + " of " + history.refreshes + " did not go well." : "All refreshes went well.";
	return span + " the data were never older than " + age(Math.max(...known)) + ". " + failed;
}

// Draws it into an <svg>.
export function drawAges(node, history) {
	const { bands, from, length } = history;
	const height = bands.length * AGE_BAND + AGE_BAND / 2;
	const left = ((history.since - from) / length) * AGE_STEPS;
	const { line, areas } = agePaths(history.steps, bands, height);
	const failed = history.failed.map((at) => "M" + (((at - from) / length) * AGE_STEPS).toFixed(1) + " " + height + "v-6").join("");
	node.setAttribute("viewBox", "0 0 " + AGE_STEPS + " " + height);
	node.setAttribute("preserveAspectRatio", "none");
	put(
		node,
		bands.map((band, i) => svg("rect", { class: "age-band age-" + band.tone, x: left, width: AGE_STEPS - left, y: height - (i + 1) * AGE_BAND, height: AGE_BAND })),
		svg("rect", { class: "age-band age-bad", x: left, width: AGE_STEPS - left, y: 0, height: AGE_BAND / 2 }),
		Object.entries(areas).map(([tone, d]) => svg("path", { class: "age-area age-" + tone, d })),
		svg("path", { class: "age-line", d: line }),
		failed ? svg("path", { class: "age-failed", d: failed }) : null,
	);
}

// Round times of the day where the reader is: [text, place from the left in percent].
export function ageMarks(history) {
	const marks = [];
	const first = new Date(history.from * 1000);
	first.setHours(0, 0, 0, 0);
	for (let at = first.getTime() / 1000; at < history.now; at += history.mark) {
		const place = ((at - history.from) / history.length) * 100;
		if (place > 1 && place < 97) {
			marks.push([clock(at), place]);
		}
	}
	return marks;
}

// The same as a table, the newest first.
export function ageTable(history) {
	const rows = history.rows.map((old, i) => {
		const at = history.from + i * history.row;
		const end = at + history.row;
		const failed = history.failed.filter((time) => time > at && time <= end).length;
		return h("tr", {}, h("td", {}, clock(at) + "–" + clock(end)), h("td", { class: "num" }, age(old)), h("td", { class: "num" }, failed));
	});
	return table(["Time", "#Oldest data", "#Refreshes that did not go well"], h("tbody", {}, rows.reverse()));
}
