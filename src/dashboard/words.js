// Every text that is said in more than one place, and every number's form.
const WORDS_NONE = "–";

function wordsPair(n) {
	return String(n).padStart(2, "0");
}

// A format of Intl that is made when it is needed first, for that takes milliseconds: kind
// is "DateTimeFormat", "NumberFormat".
export function formatter(kind, locale, options) {
	let made = null;
	return { format: (value) => (made ??= new Intl[kind](locale, options)).format(value) };
}

// 12,345; 1,234.568; "–" for null.
export function number(n) {
	return n === null || n === undefined ? WORDS_NONE : String(Math.round(n * 1000) / 1000).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");
}

// Of a number in percent already: 0.0123 → "0.0123 %".
export function percent(n) {
	return n === null || n === undefined ? WORDS_NONE : Number(n.toPrecision(3)) + "\u00a0%";
}

export function bytesGB(n) {
	return n === null || n === undefined ? WORDS_NONE : n.toFixed(2) + "\u00a0GB";
}

// "1 model", "2 models"; of other plurals the third argument.
export function count(n, one, many = one + "s") {
	return number(n) + "\u00a0" + (n === 1 ? one : many);
}

// A length of time in seconds: "12 s", "3 min", "2 h 5 min", "3 days".
export function age(seconds) {
	if (seconds === null || seconds === undefined) {
		return WORDS_NONE;
	}
	const s = Math.max(0, Math.floor(seconds));
	if (s < 120) {
		return s + "\u00a0s";
	}
	if (s < 7200 && s !== 3600) {
		return Math.floor(s / 60) + "\u00a0min";
	}
	if (s < 172800) {
		const minutes = Math.floor((s % 3600) / 60);
		return Math.floor(s / 3600) + "\u00a0h" + (s < 36000 && minutes ? "\u00a0" + minutes + "\u00a0min" : "");
	}
	return count(Math.floor(s / 86400), "day");
}

// "2026-11-29", of Unix seconds, where the reader is.
export function day(unix) {
	if (unix === null || unix === undefined) {
		return WORDS_NONE;
	}
	const d = new Date(unix * 1000);
	return d.getFullYear() + "-" + wordsPair(d.getMonth() + 1) + "-" + wordsPair(d.getDate());
}

// "2026-11-29", of days since 1970-01-01 UTC.
export function utcDay(days) {
	return days === null || days === undefined ? WORDS_NONE : new Date(days * 86400000).toISOString().slice(0, 10);
}

// "17:02"
export function clock(unix) {
	const d = new Date(unix * 1000);
	return wordsPair(d.getHours()) + ":" + wordsPair(d.getMinutes());
}

// "2026-11-29 17:02"
export function when(unix) {
	return unix === null || unix === undefined ? WORDS_NONE : day(unix) + " " + clock(unix);
}

// As short as it is still clear: "17:02", "yesterday 17:02", "2026-11-20 17:02".
export function sinceWhen(unix) {
	const today = day(Date.now() / 1000);
	if (day(unix) === today) {
		return clock(unix);
	}
	return (day(unix + 86400) === today ? "yesterday " : day(unix) + " ") + clock(unix);
}

// ---- flags: the names, words and order of src/terms/flag.h ----

// name: {words, help, document (that of AI Horde or of the reference it comes from)}
// No name of an address is one that every object has, such as "constructor".
export const FLAGS = {
	__proto__: null,
	zero_usage_day: { words: "not used today", document: "stats", help: "Nobody used the model in the last day." },
	zero_usage_month: { words: "not used this month", document: "stats", help: "Nobody used the model in the last month." },
	zero_usage_total: { words: "never used", document: "stats", help: "Nobody has used the model as long as AI Horde counts." },
	no_active_workers: { words: "no workers", document: "status", help: "No worker serves the model now, under any of the names that backends have for it." },
	has_multiple_hosts: { words: "files on several hosts", document: "reference", help: "The model's files are downloaded from more than one host." },
	has_non_preferred_host: { words: "files on another host", document: "reference", help: "None of the model's files is on a preferred host (huggingface.co by default)." },
	has_unknown_host: { words: "files on an unknown host", document: "reference", help: "The address of a file cannot be read." },
	no_download_urls: { words: "no download", document: "reference", help: "No file of the model has a complete address." },
	missing_description: { words: "no description", document: "reference", help: "The model has no description, or a blank one." },
	missing_baseline: { words: "no baseline", document: "reference", help: "The model does not say what it is based on." },
	low_usage: { words: "little used", document: "stats", help: "The model's part of the month's usage of its category is below the threshold (by default 0.0065 % of images, 0.02 % of text)." },
};

// The bit of each flag in the numbers of a `flags` column.
export const FLAG_BITS = Object.fromEntries(Object.keys(FLAGS).map((name, i) => [name, 1 << i]));

// Bits of a `marks` column.
export const MARK_CRITICAL = 1;
export const MARK_WARNING = 2;
export const MARK_NSFW = 4;

// ---- presets: doc/reference.md 8.6 ----

// matches(row): row is {flags (bits), marks (bits), workers, usageMonth, share (percent of
// the category's month, to four decimals)}.
export const PRESETS = [
	{ name: "deletion_candidates", label: "Deletion candidates", help: "With a reason, with less than 0.01 % of the month's usage, or without a worker", matches: (row) => row.flags !== 0 || row.share < 0.01 || row.workers === 0 },
	{ name: "critical", label: "Critical", help: "Images: not used this month and without a worker; text: hardly used and hardly served", matches: (row) => (row.marks & MARK_CRITICAL) !== 0 },
	{ name: "zero_usage", label: "Not used this month", help: "No use in the month", matches: (row) => row.usageMonth === 0 },
	{ name: "low_usage", label: "Little used", help: "A part of the month's usage below the threshold", matches: (row) => (row.flags & FLAG_BITS.low_usage) !== 0 },
	{ name: "no_workers", label: "No workers", help: "No worker serves it now", matches: (row) => row.workers === 0 },
	{ name: "host_issues", label: "Hosts", help: "Files on several hosts, on another host than the preferred ones, on an unknown one, or nowhere", matches: (row) => (row.marks & MARK_WARNING) !== 0 },
	{ name: "missing_data", label: "Data missing", help: "Without a description or a baseline", matches: (row) => (row.flags & (FLAG_BITS.missing_description | FLAG_BITS.missing_baseline)) !== 0 },
];

// ---- states ----

// The states of answers, as /readyz?verbose names them, the worst last. tone: ok, warn, bad, none.
export const STATES = {
	"fresh": { words: "Fresh", icon: "check", tone: "ok", help: "The data are younger than the ttl." },
	"stale": { words: "Stale", icon: "clock", tone: "warn", help: "The data are older than the ttl; a refresh should be on its way." },
	"stale-if-error": { words: "Stale for errors", icon: "warning", tone: "warn", help: "Refreshes have failed for a while; the last good data are served." },
	"empty": { words: "Without data", icon: "circle", tone: "none", help: "No refresh has succeeded yet: the answer is 503." },
	"expired": { words: "Expired", icon: "cross", tone: "bad", help: "The data are too old to be served: the answer is 503." },
};

export const DOCUMENTS = {
	reference: "model reference",
	status: "status of models",
	stats: "usage",
	workers: "workers",
};

export const DOCUMENT_STATES = {
	good: "good",
	not_fetched: "could not be fetched",
	not_accepted: "was refused for its content",
	implausible: "shrank too far to be believed",
	untried: "not asked for yet",
};

// How a refresh ended, as …/cycles names it.
export const RESULTS = {
	published: "published",
	unchanged: "nothing new",
	partial: "published with old documents",
	refused: "refused by the gate",
	no_room: "no room in the segment",
	short_of_memory: "too little memory",
	failed: "failed",
	idle: "nobody might be asked",
	stopped: "stopped",
	adopted: "taken over from the fleet",
};

// ---- categories ----

const WORDS_CATEGORIES = {
	__proto__: null,
	image_generation: "Image generation",
	text_generation: "Text generation",
	video_generation: "Video generation",
	audio_generation: "Audio generation",
	blip: "BLIP",
	clip: "CLIP",
	codeformer: "CodeFormer",
	controlnet: "ControlNet",
	controlnet_annotator: "ControlNet annotators",
	esrgan: "ESRGAN",
	gfpgan: "GFPGAN",
	safety_checker: "Safety checkers",
	lora: "LoRA",
	ti: "Textual inversions",
	miscellaneous: "Miscellaneous",
};

// What a category is called on the page. That of an address may be anything.
export function CATEGORIES(name) {
	return WORDS_CATEGORIES[name] ?? name.replace(/[^\w-]/g, "\ufffd");
}

// Whether it has deletion risk, and so models, changes and unlisted names.
export function isRiskCategory(name) {
	return name === "image_generation" || name === "text_generation";
}

// ---- kinds of changes: doc/api.md "History" ----

export const KINDS = {
	__proto__: null,
	appeared: "appeared",
	disappeared: "disappeared",
	renamed: "renamed",
	at_risk: "at risk",
	critical: "critical",
	recovered: "recovered",
	flag_set: "reason added",
	flag_cleared: "reason gone",
	usage_fell: "usage fell",
	usage_rose: "usage rose",
	many: "many changes",
};

export const KIND_HELP = {
	appeared: "The model is in the reference, and was not before: it is new, or came back.",
	disappeared: "The model is not in the reference any more.",
	renamed: "A model went and another one came in the same refresh whose name is the same but for punctuation and case, or whose files are the same. Its history goes on.",
	at_risk: "The model has a reason, and had none.",
	critical: "The model is critical, and was not.",
	recovered: "The model has no reason any more.",
	flag_set: "The model has one more reason.",
	flag_cleared: "The model has this reason no more.",
	usage_fell: "On the day before the model was used much less than on an average day of the week before that (history.usage_factor says how much).",
	usage_rose: "On the day before the model was used much more than on an average day of the week before that.",
	many: "One refresh changed more than 200 things: the rest is counted.",
};
