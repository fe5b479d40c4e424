import { MARK_CRITICAL, MARK_NSFW, PRESETS } from "./words.js";

// The models of a category as columns of numbers: filtering and sorting ten thousand of
// them makes no object a row. A column that is known of no model is null.
function modelsOrNaN(values, count) {
	const out = new Float64Array(values ?? count);
	if (values === null) {
		return out.fill(NaN);
	}
	for (let i = values.indexOf(null); i >= 0; i = values.indexOf(null, i + 1)) {
		out[i] = NaN;
	}
	return out;
}

// The place of each value among all that differ, from 0; NaN and undefined have the last
// one, up and down. Loops over indices: they are run once, by an interpreter, which has
// less to do for them than for a function of each value.
function modelsPlaces(values, descending = false) {
	const places = new Map();
	const sorted = values.slice().sort();
	for (let i = 0; i < sorted.length; i += 1) {
		if (i === 0 || sorted[i] !== sorted[i - 1]) {
			places.set(sorted[i], places.size);
		}
	}
	const last = places.size;
	const out = new Float64Array(values.length);
	for (let i = 0; i < out.length; i += 1) {
		const value = values[i];
		const place = places.get(value);
		out[i] = value !== value || value === undefined ? last : descending ? last - 1 - place : place;
	}
	return out;
}

// Where each of the keys is when they are sorted, equal ones as they come. Keys are below
// the square of their number: with its index a key is still a whole number, and numbers
// are sorted without a function that compares two.
function modelsOrder(keys) {
	const n = keys.length;
	const sorted = new Float64Array(n);
	for (let i = 0; i < n; i += 1) {
		sorted[i] = keys[i] * n + i;
	}
	sorted.sort();
	const order = new Uint32Array(n);
	for (let i = 0; i < n; i += 1) {
		order[i] = sorted[i] % n;
	}
	return order;
}

// An answer of /columns. Rows have the numbers of that answer, which is in the order of
// deletion-risk. It is made in steps: `for (const step of set.steps()) await a pause`, so
// that no step keeps the page from drawing.
export class ModelSet {
	constructor(data) {
		const columns = data.columns;
		this.count = columns.name.length;
		this.names = columns.name;
		this.baselines = data.baselines;
		this.flagNames = data.flags;
		this.history = data.history;
		this.monthOfAll = data.category_total_month_usage;
		this.baseline = new Int32Array(columns.baseline);
		this.flags = new Uint16Array(columns.flags);
		this.marks = new Uint8Array(columns.marks);
		this.score = new Uint8Array(columns.risk_score);
		this.workers = new Float64Array(columns.workers);
		this.day = new Float64Array(columns.usage_day);
		this.month = new Float64Array(columns.usage_month);
		this.total = new Float64Array(columns.usage_total);
		this.size = modelsOrNaN(columns.size_gb, this.count);
		this.since = modelsOrNaN(columns.at_risk_since, this.count).map((days) => data.first_day + days);
		this.orders = new Map();
	}

	*steps() {
		this.lower = this.names.map((name) => name.toLowerCase());
		yield;
		this.presets = this.presetBits();
		yield;
		this.ties = this.leastUsed();
		yield;
	}

	// Per cent of the usage of the category in the month.
	share(i) {
		return this.monthOfAll > 0 ? Math.min(100, Math.round((this.month[i] / this.monthOfAll) * 1e6) / 1e4) : 0;
	}

	isCritical(i) {
		return (this.marks[i] & MARK_CRITICAL) !== 0;
	}

	isNsfw(i) {
		return (this.marks[i] & MARK_NSFW) !== 0;
	}

	// "" if it has none.
	baselineOf(i) {
		return this.baselines[this.baseline[i]] ?? "";
	}

	// The day of today as `since` counts them.
	today() {
		return Math.floor(Date.now() / 86400000);
	}

	// Days for which row i is at risk; NaN: it is not, or it is not known.
	days(i) {
		return this.today() - this.since[i];
	}

	flagBit(name) {
		const bit = this.flagNames.indexOf(name);
		return bit < 0 ? 0 : 1 << bit;
	}

	flagsOf(i) {
		return this.flagNames.filter((name, bit) => this.flags[i] & (1 << bit));
	}

	presetBits() {
		const row = {};
		const bits = new Uint8Array(this.count);
		for (let i = 0; i < this.count; i += 1) {
			row.flags = this.flags[i];
			row.marks = this.marks[i];
			row.workers = this.workers[i];
			row.usageMonth = this.month[i];
			row.share = this.share(i);
			for (let bit = 0; bit < PRESETS.length; bit += 1) {
				bits[i] |= PRESETS[bit].matches(row) ? 1 << bit : 0;
			}
		}
		return bits;
	}

	// What a column is sorted by, a number or a text a row; NaN or undefined: it has none.
	sortKeys(column) {
		switch (column) {
		case "name":
			return this.lower;
		case "baseline":
			return this.names.map((name, i) => this.baselineOf(i) || undefined);
		case "risk":
			return this.score.map((score, i) => score + (this.isCritical(i) ? 100 : 0));
		case "nsfw":
			return this.marks.map((marks) => marks & MARK_NSFW);
		case "share":
			return this.month;
		default:
			return this[column];
		}
	}

	// All rows, sorted; made once for each sort. Among equals those that are used least come
	// first, and who has nothing comes last, up and down.
	sorted(sort) {
		Array.from(this.sorting(sort));
		return this.orders.get(sort.id + sort.descending);
	}

	// Makes the same in steps.
	*sorting({ id, descending }) {
		const key = id + descending;
		if (!this.orders.has(key)) {
			const places = modelsPlaces(this.sortKeys(id), descending);
			yield;
			this.orders.set(key, modelsOrder(this.ties.map((i) => places[i])).map((tie) => this.ties[tie]));
			yield;
		}
	}

	leastUsed() {
		const month = modelsPlaces(this.month);
		const total = modelsPlaces(this.total);
		return modelsOrder(month.map((place, i) => place * this.count + total[i]));
	}

	// Filter: {words: lower-case texts, all in the name; flags: bits, all set; baseline:
	// index, -1 none, null any; workers: "none", "some", ""; until: at risk since that day or
	// before, or null; nsfw: "only", "no", ""; score: at least; preset: name or "";
	// sort}. Gives order, the rows that match, sorted; any, how many would without the
	// preset, and counts, how many with each of PRESETS in its place.
	filter(want) {
		const preset = want.preset ? 1 << PRESETS.findIndex((known) => known.name === want.preset) : 0;
		const counts = new Uint32Array(PRESETS.length);
		const order = new Uint32Array(this.count);
		let any = 0;
		let length = 0;
		for (const i of this.sorted(want.sort)) {
			if (!this.matches(i, want)) {
				continue;
			}
			const bits = this.presets[i];
			any += 1;
			for (let bit = 0; bit < PRESETS.length; bit += 1) {
				counts[bit] += (bits >> bit) & 1;
			}
			if ((bits & preset) === preset) {
				order[length] = i;
				length += 1;
			}
		}
		return { order: order.subarray(0, length), any, counts };
	}

	matches(i, want) {
		return (this.flags[i] & want.flags) === want.flags
			&& this.score[i] >= want.score
			&& (want.baseline === null || this.baseline[i] === want.baseline)
			&& (want.workers === "" || (this.workers[i] > 0) === (want.workers === "some"))
			&& (want.nsfw === "" || this.isNsfw(i) === (want.nsfw === "only"))
			&& (want.until === null || this.since[i] <= want.until)
			&& want.words.every((word) => this.lower[i].includes(word));
	}

	// What a refresh has done: how many rows of this set are new, changed, and how many of
	// the former are gone.
	changesSince(former) {
		let before = null;
		let added = 0;
		let changed = 0;
		for (let i = 0; i < this.count; i += 1) {
			let was = i;
			if (this.names[i] !== former.names[i]) {
				before ??= new Map(former.names.map((name, k) => [name, k]));
				was = before.get(this.names[i]);
			}
			if (was === undefined) {
				added += 1;
			} else if (!this.isSame(i, former, was)) {
				changed += 1;
			}
		}
		return { added, changed, gone: former.count - (this.count - added) };
	}

	isSame(i, former, k) {
		return this.month[i] === former.month[k] && this.day[i] === former.day[k] && this.total[i] === former.total[k]
			&& this.workers[i] === former.workers[k] && this.flags[i] === former.flags[k] && this.marks[i] === former.marks[k];
	}
}
