import { connection, fetchJson } from "./api.js";
import { live } from "./live.js";

// What the frame and its views share: the title, and what /readyz?verbose says, which is
// asked for once for all of them.
const SHELL_INTERVAL = 10000;

class Shell extends EventTarget {
	// The last answer of /readyz?verbose, or null; error: why there is no newer one.
	health = null;
	error = null;
	#timer = 0;
	#asked = 0;
	#title = "";

	// The title of the page: that of the view, and whose it is; "!" if somebody should look.
	title(text = this.#title) {
		this.#title = text;
		document.title = (this.tone() === "bad" ? "! " : "") + text + " · hydratord";
	}

	// Whether what is shown may be old, and nobody knows it better.
	blind() {
		return connection.state === "down" || Boolean(this.error && !this.error.offline);
	}

	// How all is, in one word, as far as is known: ok, warn, bad, none.
	tone() {
		if (this.blind()) {
			return "bad";
		}
		const categories = this.health?.data.categories;
		if (!categories) {
			return "none";
		}
		if (categories.some((one) => one.state === "expired" || (one.required && one.state === "empty"))) {
			return "bad";
		}
		return categories.every((one) => one.state === "fresh" && one.trouble === null) ? "ok" : "warn";
	}

	// Names of the categories that are configured, in their order.
	categories() {
		return this.health?.data.categories.map((category) => category.category) ?? [];
	}

	start() {
		live.addEventListener("snapshot", () => this.ask(300));
		live.addEventListener("state", () => this.ask(300));
		connection.addEventListener("change", () => this.ask(0));
		// A page that was frozen, or a machine that slept, has old news.
		for (const type of ["visibilitychange", "resume"]) {
			document.addEventListener(type, () => this.ask(0));
		}
		this.ask(0);
	}

	// Asks for the health again within so many milliseconds; several are one.
	ask(within) {
		const at = Date.now() + within;
		if (this.#timer && this.#asked <= at) {
			return;
		}
		clearTimeout(this.#timer);
		this.#asked = at;
		this.#timer = setTimeout(() => this.#look(), within);
	}

	async #look() {
		this.#timer = 0;
		if (live.state === "hidden") {
			return;
		}
		try {
			this.health = await fetchJson("/readyz?verbose");
			this.error = null;
			live.expect(this.health.data.categories);
		} catch (error) {
			this.error = error;
		}
		this.dispatchEvent(new Event("health"));
		this.ask(connection.state === "up" ? SHELL_INTERVAL : 3000);
	}
}

// Event "health": health or error are new.
export const shell = new Shell();
