import { BASE, connection, fetchJson } from "./api.js";
import { misshapen } from "./shapes.js";

// What is new, as it comes: one stream for the whole page. Browsers have six connections
// to a server for all their tabs, so a tab that nobody sees gives its stream up.
const LIVE_HIDDEN = 60000;
const LIVE_AGAIN = 300000;
const LIVE_PROBE = 3000;

class Live extends EventTarget {
	// "off", "stream", "lost" (it comes back by itself), "polling", "hidden".
	state = "off";
	#source = null;
	#lastId = "";
	#probe = 0;
	#again = 0;
	// Of each category: what the views have been told of, and what the stream has told.
	#known = new Map();
	#told = new Map();
	#missed = new Map();

	start() {
		document.addEventListener("visibilitychange", () => this.#visible());
		// A browser keeps a page that was left, with its connections, for the way back: six
		// of them, and none is left for the page that one is at.
		addEventListener("pagehide", () => this.#rest());
		addEventListener("pageshow", (event) => event.persisted && this.#visible());
		connection.addEventListener("change", () => {
			if (connection.state === "down") {
				this.#look();
			} else if (!document.hidden) {
				this.#open();
			}
		});
		this.#open();
	}

	// What the health says that there is: views have it at once, whatever became of the stream.
	// One that has still not told of it when it is asked the next time is dead, though nobody
	// said so: a router forgot it, or a laptop slept.
	expect(categories) {
		const there = categories.filter((one) => one.generation !== null);
		there.forEach((one) => this.#snapshot(one));
		const missed = new Map(there.filter((one) => this.#told.get(one.category) !== one.generation).map((one) => [one.category, one.generation]));
		if (this.state === "stream" && [...missed].some(([category, generation]) => this.#missed.get(category) === generation)) {
			missed.clear();
			this.#open();
		}
		this.#missed = missed;
	}

	#set(state) {
		if (state !== this.state) {
			this.state = state;
			this.dispatchEvent(new CustomEvent("state", { detail: { state } }));
		}
	}

	#open() {
		this.#close();
		const query = this.#lastId ? "?last_event_id=" + encodeURIComponent(this.#lastId) : "";
		const source = new EventSource(BASE + "/events" + query);
		this.#source = source;
		source.onopen = () => {
			this.#set("stream");
			connection.note(true);
		};
		source.onerror = () => {
			if (source.readyState === EventSource.CLOSED) {
				this.#fall();
			} else {
				this.#set("lost");
				this.#look();
			}
		};
		source.addEventListener("snapshot", (event) => this.#read(event, (detail) => {
			this.#told.set(detail.category, detail.generation);
			this.#snapshot(detail);
		}));
		source.addEventListener("change", (event) => this.#read(event, (detail) => {
			this.#lastId = event.lastEventId;
			this.dispatchEvent(new CustomEvent("change", { detail }));
		}));
	}

	#close() {
		this.#source?.close();
		this.#source = null;
		clearTimeout(this.#again);
		clearTimeout(this.#probe);
		this.#probe = 0;
	}

	// What nobody can read is no event: what it was about is missed, and the stream opened anew.
	#read(event, take) {
		let detail = null;
		try {
			detail = JSON.parse(event.data);
		} catch {
			// Then it has nothing that it must have.
		}
		if (!misshapen("/" + event.type, detail)) {
			take(detail);
		}
	}

	#snapshot({ category, generation }) {
		if (this.#known.get(category) !== generation) {
			this.#known.set(category, generation);
			this.dispatchEvent(new CustomEvent("snapshot", { detail: { category, generation } }));
		}
	}

	// The stream refuses (too many, an old proxy): the health tells of what is new meanwhile.
	#fall() {
		this.#close();
		this.#set("polling");
		this.#again = setTimeout(() => this.#open(), LIVE_AGAIN);
	}

	// A reload ends all streams, and the next one is there after 2 to 4 seconds: only who
	// does not answer either is called lost.
	#look() {
		if (this.#probe || document.hidden) {
			return;
		}
		this.#probe = setTimeout(async () => {
			try {
				await fetchJson("/livez");
			} catch {
				// Noted by the connection.
			}
			this.#probe = 0;
			if (connection.state === "down" || this.state === "lost") {
				this.#look();
			}
		}, connection.state === "down" ? LIVE_PROBE : 200);
	}

	#rest() {
		this.#close();
		this.#set("hidden");
	}

	#visible() {
		clearTimeout(this.#again);
		if (document.hidden) {
			this.#again = setTimeout(() => this.#rest(), LIVE_HIDDEN);
		} else if (!this.#source) {
			this.#open();
		}
	}
}

// Events: snapshot {detail: {category, generation}}, change {detail: {category,
// …a row of changes}}, state {detail: {state}}.
export const live = new Live();
