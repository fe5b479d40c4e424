import { STATES } from "./words.js";

// What answers must have for the views to read them. A proxy, or a daemon of another
// version, may answer anything: that is found here, and not where it would be drawn.
// A form is a function, [form] for a list, or an object of what must be there, whose names
// may be several, with blanks between them.
const shapeNumber = Number.isFinite;
const shapeText = (value) => typeof value === "string";
const shapeWord = (value) => shapeText(value) && /^\w+$/.test(value);
const shapeYesNo = (value) => typeof value === "boolean";
// Beyond these a Date has no text: Unix seconds, days.
const shapeTime = (value) => shapeNumber(value) && Math.abs(value) < 1e11;
const shapeDay = (value) => shapeNumber(value) && Math.abs(value) < 1e6;
const shapeDate = (value) => shapeText(value) && shapeNumber(Date.parse(value));
const shapeOrNull = (form) => (value) => value === null || shapeFits(value, form);
// What not every daemon has.
const shapeMaybe = (form) => (value) => value === undefined || value === null || shapeFits(value, form);
const shapeMap = (form) => (value) => value instanceof Object && shapeFits(Object.values(value), [form]);
// Lists side by side: the same entry of each is of the same.
const shapeColumns = (form) => (value) => shapeFits(value, form) && new Set(Object.values(value).filter(Array.isArray).map((column) => column.length)).size === 1;

function shapeFits(value, form) {
	if (typeof form === "function") {
		return form(value);
	}
	if (Array.isArray(form)) {
		const [each] = form;
		return Array.isArray(value) && value.every(typeof each === "function" ? each : (one) => shapeFits(one, each));
	}
	return value instanceof Object && !shapeFault(value, form);
}

function shapeFault(value, form) {
	return Object.keys(form).flatMap((names) => names.split(" ").filter((name) => !shapeFits(value[name], form[names])))[0];
}

const SHAPE_NUMBER = shapeOrNull(shapeNumber);
const SHAPE_TEXT = shapeOrNull(shapeText);
const SHAPE_TIME = shapeOrNull(shapeTime);
const SHAPE_SHARE = { "count percentage": shapeNumber };
const SHAPE_TAGS = [{ tag: shapeText, ...SHAPE_SHARE }];
const SHAPE_USED = { "usage_day usage_month usage_total": shapeNumber };

const SHAPE_CATEGORY = {
	category: shapeWord,
	state: (value) => Object.hasOwn(STATES, value),
	"age generation": SHAPE_NUMBER,
	"last_success next_try": SHAPE_TIME,
	gate: { refused: [shapeText], since: SHAPE_TIME },
	trouble: shapeOrNull({ since: shapeTime, cause: shapeText }),
	documents: [{ "document state": shapeWord, age: SHAPE_NUMBER, last_error: shapeOrNull({ at: shapeTime, host: SHAPE_TEXT, text: shapeText }) }],
	history: shapeMaybe({ state: shapeText, models: shapeNumber, sampled: SHAPE_TIME, error: SHAPE_TEXT, notify: shapeMaybe({ pending: shapeNumber, delivered: SHAPE_TIME, error: SHAPE_TEXT }) }),
	fleet: shapeMaybe({ role: shapeText, "leader error": SHAPE_TEXT, up: shapeYesNo, lag: shapeNumber }),
};
const SHAPE_CHANGE = { id: shapeNumber, "at since": shapeTime, kind: shapeText, "model flag former": SHAPE_TEXT, "before after": shapeOrNull(SHAPE_USED) };
const SHAPE_PAST = {
	name: shapeText,
	"first_seen last_seen at_risk_since critical_since unused_since no_workers_since": SHAPE_TIME,
	from: (value) => value >= 0 && value < 1e4 && Number.isInteger(value),
	"usage workers": [SHAPE_NUMBER],
};

// By the last word of a path, and events by their name.
const SHAPES = {
	livez: { status: shapeText },
	readyz: {
		version: shapeMaybe(shapeText),
		"now started": shapeMaybe(shapeTime),
		hydration: shapeMaybe({ "interval ttl stale_ttl stale_if_error": shapeNumber }),
		hosts: shapeMaybe([{ "host state": shapeText, failures: shapeNumber, retry_at: SHAPE_TIME }]),
		categories: [SHAPE_CATEGORY],
	},
	snapshot: { category: shapeText, generation: shapeNumber },
	change: { category: shapeText, ...SHAPE_CHANGE },
	cycles: {
		now: shapeTime,
		ring_since: SHAPE_TIME,
		cycles: shapeColumns({ "number begun took_ms": [shapeNumber], result: [shapeText], "models at_risk critical": [SHAPE_NUMBER], input_age: shapeMaybe([SHAPE_NUMBER]) }),
	},
	columns: {
		category_total_month_usage: shapeNumber,
		"flags baselines": [shapeText],
		first_day: shapeOrNull(shapeDay),
		columns: shapeColumns({ name: [shapeText], "baseline flags marks risk_score workers usage_day usage_month usage_total": [shapeNumber], size_gb: shapeOrNull([SHAPE_NUMBER]), at_risk_since: shapeOrNull([shapeOrNull(shapeDay)]) }),
	},
	history: { dates: [shapeDate], models: [SHAPE_PAST] },
	changes: { changes: [SHAPE_CHANGE] },
	unlisted: { total_count: shapeNumber, models: [{ name: shapeText, worker_count: shapeNumber, queued: SHAPE_NUMBER, ...SHAPE_USED }] },
	"deletion-risk": { total_count: shapeNumber },
	models: {
		"category name": shapeText,
		deletion_risk: {
			deletion_risk_flags: shapeMap(shapeYesNo),
			"risk_score worker_count usage_percentage_of_category download_count": shapeNumber,
			...SHAPE_USED,
			size_gb: SHAPE_NUMBER,
			baseline: SHAPE_TEXT,
			download_hosts: [shapeText],
		},
		with_stats: shapeOrNull({
			queued_jobs: SHAPE_NUMBER,
			worker_summaries: shapeOrNull(shapeMap({ "name performance bridge_agent": SHAPE_TEXT, "uptime max_length max_context_length": SHAPE_NUMBER })),
			backend_variations: shapeOrNull(shapeMap({ "backend variant_name": shapeText, worker_count: shapeNumber, queued_jobs: SHAPE_NUMBER, ...SHAPE_USED })),
		}),
		dates: shapeOrNull([shapeDate]),
		history: shapeOrNull(SHAPE_PAST),
		explanation: [{ "flag text": shapeText, set: shapeYesNo, "option document": SHAPE_TEXT }],
	},
	statistics: {
		"total_models nsfw_count models_without_param_info": shapeNumber,
		baseline_distribution: shapeMap({ baseline: shapeText, ...SHAPE_SHARE }),
		parameter_buckets: [{ bucket_label: shapeText, ...SHAPE_SHARE }],
		download_stats: { "total_models_with_downloads total_download_entries total_size_bytes models_with_size_info average_size_bytes": shapeNumber, hosts: shapeMap(shapeNumber) },
		"top_tags top_styles": SHAPE_TAGS,
		computed_at: shapeTime,
	},
};

// The first member of an answer, or of an event's data, that is missing or has another form;
// undefined if there is none. of: a path without its parameters, or "/" and an event's name.
export function misshapen(of, data) {
	const [, first, second, , third] = of.split("/");
	return shapeFault(data instanceof Object ? data : {}, SHAPES[third ?? second ?? first] ?? {});
}
