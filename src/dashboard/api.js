import { misshapen } from "./shapes.js";

// Requests. A path is asked for once at a time, whoever wants it, and what came last is
// kept with its ETag: an answer that has not changed costs a 304 and is not parsed again.
// Until an answer begins, and until it has ended: a slow line is no lost one.
const API_TIMEOUT = 15000;
const API_BODY_TIMEOUT = 120000;
const API_KEPT = 40;

// "" or what a proxy has put in front, as "/api".
export const BASE = location.pathname.replace(/\/dashboard\/?(index\.html)?$/, "");

const apiKept = new Map();
const apiRunning = new Map();

// What went wrong with a request: status of HTTP, 0 if there was no answer (offline);
// detail, a text; body, what JSON the answer was, or null; retryAfter in seconds, or null;
// unreadable: there was an answer, and it is none that the page can read.
export class ApiError extends Error {
	constructor(status, detail, { body = null, retryAfter = null, unreadable = false } = {}) {
		super(detail);
		this.name = "ApiError";
		this.status = status;
		this.detail = detail;
		this.body = body;
		this.retryAfter = retryAfter;
		this.unreadable = unreadable;
		this.offline = status === 0 && !unreadable;
	}
}

// Whether the daemon answers: state "up" or "down", since when (Date.now()), and when it
// was heard last; what is none of its answers says nothing about it. Event "change".
class ApiConnection extends EventTarget {
	state = "up";
	since = Date.now();
	heard = null;

	note(up) {
		const state = up ? "up" : "down";
		if (up) {
			this.heard = Date.now();
		}
		if (state !== this.state) {
			this.state = state;
			this.since = Date.now();
			this.dispatchEvent(new Event("change"));
		}
	}
}

export const connection = new ApiConnection();

// "/model_references/statistics/CATEGORY/REST?PARAMS". REST is put in as it is: names in it
// go through encodeURIComponent first.
export function statisticsPath(category, rest = "", params = {}) {
	const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false));
	const text = query.toString();
	return "/model_references/statistics/" + encodeURIComponent(category) + (rest ? "/" + rest : "") + (text ? "?" + text : "");
}

function apiSeconds(text) {
	return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

function apiKeep(path, answer) {
	apiKept.delete(path);
	apiKept.set(path, answer);
	if (apiKept.size > API_KEPT) {
		apiKept.delete(apiKept.keys().next().value);
	}
	return answer;
}

async function apiRefusal(response) {
	let body = null;
	try {
		body = await response.json();
	} catch {
		// A proxy's page, or nothing.
	}
	let detail = body?.detail;
	if (Array.isArray(detail)) {
		detail = detail.map((item) => item?.msg).join("; ");
	}
	return new ApiError(response.status, typeof detail === "string" ? detail : "HTTP " + response.status, {
		body,
		retryAfter: apiSeconds(response.headers.get("Retry-After")),
	});
}

function apiUnreadable(status, why) {
	return new ApiError(status, "It is not an answer of hydratord" + why, { unreadable: true });
}

async function apiAsk(path) {
	let response;
	const stop = new AbortController();
	const late = setTimeout(() => stop.abort(), API_TIMEOUT);
	try {
		response = await fetch(BASE + path, { cache: "no-cache", redirect: "manual", signal: stop.signal });
		clearTimeout(late);
		setTimeout(() => stop.abort(), API_BODY_TIMEOUT);
	} catch {
		connection.note(false);
		throw new ApiError(0, stop.signal.aborted ? "No answer within 15 seconds" : "The daemon cannot be reached");
	}
	// A proxy answers these while there is nobody behind it.
	if (response.status === 502 || response.status === 504) {
		connection.note(false);
		throw new ApiError(0, "The daemon cannot be reached (" + response.status + ")");
	}
	if (response.type === "opaqueredirect") {
		throw apiUnreadable(0, " but a redirect. A proxy may want a login: reload this page");
	}
	// /readyz?verbose answers with 503 what it has to say.
	if (!response.ok && !(response.status === 503 && path.startsWith("/readyz"))) {
		connection.note(true);
		throw await apiRefusal(response);
	}
	const etag = response.headers.get("ETag");
	const kept = apiKept.get(path);
	const same = etag && kept?.etag === etag;
	let data;
	try {
		data = same ? kept.data : await response.json();
		if (same) {
			response.body?.cancel();
		}
	} catch (error) {
		throw error instanceof SyntaxError ? apiUnreadable(response.status, ": it is no JSON") : new ApiError(response.status, "It broke off", { unreadable: true });
	}
	const wrong = same ? undefined : misshapen(path.replace(/\?.*/, ""), data);
	if (wrong) {
		throw apiUnreadable(response.status, " of this version: “" + wrong + "” is missing or has another form");
	}
	connection.note(true);
	return apiKeep(path, {
		data,
		status: response.status,
		age: apiSeconds(response.headers.get("Age")),
		fetchedAt: Date.now(),
		etag,
		lastModified: response.headers.get("Last-Modified"),
		retryAfter: apiSeconds(response.headers.get("Retry-After")),
	});
}

// {data, status, age (seconds or null), fetchedAt (Date.now()), etag, lastModified,
// retryAfter}, or an ApiError; with an aborted signal its AbortError. Data are shared
// between all who ask and between answers with one ETag: not to be changed.
export function fetchJson(path, { signal } = {}) {
	let running = apiRunning.get(path);
	if (!running) {
		running = apiAsk(path).finally(() => apiRunning.delete(path));
		apiRunning.set(path, running);
	}
	if (!signal) {
		return running;
	}
	return new Promise((resolve, reject) => {
		running.then(resolve, reject);
		signal.throwIfAborted();
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	});
}

// Seconds since the data of an answer were fetched from AI Horde, now.
export function answerAge(answer) {
	return answer.age === null ? null : answer.age + Math.max(0, Math.round((Date.now() - answer.fetchedAt) / 1000));
}
