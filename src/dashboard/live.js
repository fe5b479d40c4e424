import { BASE, connection, fetchJson } from "./api.js";

// What is new, as it comes: one stream for the whole page. Browsers have six connections
// to a server for all their tabs, so a tab that nobody sees gives its stream up.
const LIVE_HIDDEN = 60000;
const LIVE_POLL = 30000;
const LIVE_AGAIN = 300000;
const LIVE_PROBE = 3000;

class Live extends EventTarget {
	// "off", "stream", "lost" (it comes back by itself), "polling", "hidden".
	state = "off";
	#source = null;
	#lastId = "";
	#timer = 0;
	#probe = 0;
	#again = 0;
	#generations = new Map();
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

	// What the health says that there is. A stream that has still not told of it when it is
	// asked the next time is dead, though nobody said so: a router forgot it, or a laptop slept.
	expect(categories) {
		const missed = new Map(categories.filter((one) => one.generation !== null && this.#generations.get(one.category) !== one.generation).map((one) => [one.category, one.generation]));
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
		source.addEventListener("snapshot", (event) => this.#snapshot(event));
		source.addEventListener("change", (event) => this.#change(event));
	}

	#close() {
		this.#source?.close();
		this.#source = null;
		clearTimeout(this.#timer);
		clearTimeout(this.#again);
		clearTimeout(this.#probe);
		this.#probe = 0;
	}

	#snapshot(event) {
		const detail = JSON.parse(event.data);
		this.#generations.set(detail.category, detail.generation);
		this.dispatchEvent(new CustomEvent("snapshot", { detail }));
	}

	#change(event) {
		this.#lastId = event.lastEventId;
		this.dispatchEvent(new CustomEvent("change", { detail: JSON.parse(event.data) }));
	}

	// The stream refuses (too many, an old proxy): asked by hand, and tried again later.
	#fall() {
		this.#close();
		this.#set("polling");
		this.#timer = setTimeout(() => this.#poll(), LIVE_PROBE);
		this.#again = setTimeout(() => this.#open(), LIVE_AGAIN);
	}

	async #poll() {
		try {
			const answer = await fetchJson("/readyz?verbose");
			for (const { category, generation, age } of answer.data.categories) {
				if (generation !== null && this.#generations.get(category) !== generation) {
					this.#generations.set(category, generation);
					this.dispatchEvent(new CustomEvent("snapshot", { detail: { category, generation, etag: null, age } }));
				}
			}
		} catch {
			// The connection is down, and says so.
		}
		if (this.state === "polling") {
			this.#timer = setTimeout(() => this.#poll(), connection.state === "up" ? LIVE_POLL : LIVE_PROBE);
		}
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

// Events: snapshot {detail: {category, generation, etag, age}}, change {detail: {category,
// …a row of changes}}, state {detail: {state}}.
export const live = new Live();
