import { $, h, pause, put, setText } from "./dom.js";
import { CATEGORIES, clock, isRiskCategory } from "./words.js";
import { goTo, href, readAddress } from "./address.js";
import { connection } from "./api.js";
import { live } from "./live.js";
import { icon, problem, swap, ticking } from "./parts.js";
import { shell } from "./shell.js";
import { ViewOverview } from "./view-overview.js";
import { ViewModels } from "./view-models.js";
import { ViewModel } from "./view-model.js";
import { ViewChanges } from "./view-changes.js";
import { ViewUnlisted } from "./view-unlisted.js";
import { ViewStatistics } from "./view-statistics.js";
import { ViewHelp, helpKeys } from "./view-help.js";

// of: which categories a view is about: "risk", "any", "all" (risk, or all together), or
// none. key: with g before it.
const MAIN_VIEWS = {
	__proto__: null,
	overview: { tag: "hy-overview", element: ViewOverview, label: "Overview", key: "o" },
	models: { tag: "hy-models", element: ViewModels, label: "Models", key: "m", of: "risk" },
	model: { tag: "hy-model", element: ViewModel, of: "risk", nav: "models" },
	changes: { tag: "hy-changes", element: ViewChanges, label: "Changes", key: "c", of: "all" },
	unlisted: { tag: "hy-unlisted", element: ViewUnlisted, label: "Unlisted", key: "u", of: "risk" },
	statistics: { tag: "hy-statistics", element: ViewStatistics, label: "Statistics", key: "s", of: "any" },
	help: { tag: "hy-help", element: ViewHelp, label: "Help", key: "h" },
};
const MAIN_THEMES = { auto: "Auto", light: "Light", dark: "Dark" };
const MAIN_LIVE = {
	off: ["Connecting", "none", "clock"],
	stream: ["Live", "ok", "check"],
	lost: ["Reconnecting", "warn", "clock"],
	polling: ["Every 10 s", "warn", "clock"],
	hidden: ["Paused", "none", "clock"],
};

// A browser may forbid it, or have none.
function mainRemember(name, value) {
	try {
		localStorage.setItem("hydratord." + name, value);
	} catch {
		// Then it counts for this page alone.
	}
}

function mainRemembered(name) {
	try {
		return localStorage.getItem("hydratord." + name);
	} catch {
		return null;
	}
}

const mainState = { back: false, view: null, name: "", place: "", category: mainRemembered("category") ?? "image_generation" };

function mainTheme(theme) {
	document.documentElement.style.colorScheme = theme === "auto" ? "" : theme;
	// Canvases are drawn with the colours of a theme.
	document.dispatchEvent(new Event("theme"));
}

// ---- the frame ----

function mainCategoriesOf(of) {
	const known = shell.categories();
	const all = known.length ? known : [mainState.category];
	return of === "any" ? all : all.filter(isRiskCategory);
}

function mainPicker(address) {
	const view = MAIN_VIEWS[address.view];
	const select = $("#category");
	const label = $("#category-label");
	label.hidden = !view?.of;
	if (!view?.of) {
		return;
	}
	const options = mainCategoriesOf(view.of);
	if (address.category && !options.includes(address.category)) {
		options.unshift(address.category);
	}
	const items = options.map((name) => [name, CATEGORIES(name)]);
	if (view.of === "all") {
		items.unshift(["", "All categories"]);
	}
	const key = JSON.stringify(items);
	if (select.dataset.key !== key) {
		select.dataset.key = key;
		put(select, items.map(([value, text]) => h("option", { value }, text)));
	}
	select.value = address.category;
}

function mainNav(address) {
	const here = MAIN_VIEWS[address.view]?.nav ?? address.view;
	for (const link of document.querySelectorAll("#nav a")) {
		const name = link.dataset.view;
		link.href = href(name, mainCategoryFor(name));
		if (name === here) {
			link.setAttribute("aria-current", "page");
		} else {
			link.removeAttribute("aria-current");
		}
	}
}

// Where a link to a view leads: to the category that was looked at last, if it has that.
function mainCategoryFor(name) {
	const of = MAIN_VIEWS[name].of;
	if (!of || of === "all") {
		return "";
	}
	return of === "any" || isRiskCategory(mainState.category) ? mainState.category : "image_generation";
}

function mainConnection() {
	const down = connection.state === "down";
	const why = down ? "Not connected since " + clock(connection.since / 1000) : shell.blind() ? "How the daemon is cannot be read: " + shell.error.detail : "";
	document.documentElement.classList.toggle("down", why !== "");
	swap($("#banner"), why, () => {
		const heard = connection.heard ? ["What you see is of " + clock(connection.heard / 1000) + ", ", ticking(connection.heard / 1000, mainOld)] : "Nothing has come yet";
		return why && h("p", {}, h("strong", {}, why + ". "), heard, ".");
	});
	mainLive();
	mainTab();
}

// In the tab, for who looks at another one.
function mainTab() {
	shell.title();
	const tone = shell.tone();
	const link = $("link[rel=icon]");
	if (link.dataset.tone !== tone) {
		link.dataset.tone = tone;
		const colour = { ok: "#2c8a58", warn: "#c98a12", bad: "#c9302a", none: "#8b9097" }[tone];
		const form = tone === "bad" ? "<rect width='16' height='16' rx='2'" : "<circle cx='8' cy='8' r='6'";
		link.href = "data:image/svg+xml," + encodeURIComponent("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>" + form + " fill='" + colour + "'/></svg>");
	}
}

function mainOld(seconds) {
	const minutes = Math.floor(seconds / 60);
	return minutes < 1 ? "less than a minute ago" : minutes === 1 ? "1 minute ago" : minutes + " minutes ago";
}

function mainLive() {
	const [words, tone, name] = connection.state === "down" ? ["Not connected", "bad", "cross"] : MAIN_LIVE[live.state];
	const node = $("#live");
	if (node.dataset.words !== words) {
		node.dataset.words = words;
		node.className = "badge tone-" + tone;
		put(node, icon(name), h("span", { text: words }));
	}
}

function mainHealth() {
	const version = shell.health?.data.version ?? "";
	setText($("#version"), version.split("~")[0]);
	mainState.version ||= version;
	const newer = version !== mainState.version && version;
	swap($("#newer"), newer, () => newer && h("button", { type: "button", class: "quiet", title: "The daemon is " + newer + ", this page of " + mainState.version, on: { click: () => location.reload() } }, "Load the newer page"));
	const address = readAddress();
	mainPicker(address);
	mainNav(address);
	mainConnection();
}

function mainFrame() {
	const theme = mainRemembered("theme") ?? "auto";
	const themes = h("select", { id: "theme", "aria-label": "Theme", on: { change: (event) => {
		mainRemember("theme", event.target.value);
		mainTheme(event.target.value);
	} } }, Object.entries(MAIN_THEMES).map(([value, text]) => h("option", { value, selected: value === theme }, text)));
	const pick = (event) => {
		const address = readAddress();
		const view = MAIN_VIEWS[address.view].nav ?? address.view;
		goTo({ view, category: event.target.value, rest: "", params: {} });
	};
	const links = Object.entries(MAIN_VIEWS).filter(([, view]) => view.label);
	put(
		document.body,
		h("a", { class: "skip", href: "#main", on: { click: mainSkip } }, "To the content"),
		h(
			"header",
			{ class: "top" },
			h("a", { class: "brand", href: href("overview") }, "hydratord", h("span", { id: "version", class: "muted" })),
			h("nav", { id: "nav", "aria-label": "Views" }, links.map(([name, view]) => h("a", { href: href(name), "data-view": name }, view.label))),
			h("div", { class: "top-tools" }, h("span", { id: "newer", role: "status" }), h("span", { id: "live" }), h("label", { id: "category-label", hidden: true }, h("span", { class: "sr" }, "Category"), h("select", { id: "category", on: { change: pick } })), themes, h("button", { type: "button", class: "quiet", "aria-label": "Keys and help", on: { click: mainHelp } }, icon("help"))),
		),
		h("div", { id: "banner", role: "alert" }),
		h("main", { id: "main", tabindex: -1 }),
		h("footer", { class: "foot muted" }, h("p", {}, "Data of AI Horde, computed by hydratord. Times are in this computer’s time zone. Press ", h("kbd", {}, "?"), " for keys.")),
		h("div", { id: "announce", class: "sr", role: "status", "aria-live": "polite" }),
	);
	mainTheme(theme);
}

// The address behind # is the view's, so it must not become "main".
function mainSkip(event) {
	event.preventDefault();
	const main = $("#main");
	($("h1", main) ?? main).focus();
}

function mainHelp() {
	if ($("dialog[open]")) {
		return;
	}
	const dialog = h("dialog", { class: "dialog", "aria-labelledby": "help-title", on: { close: () => dialog.remove() } }, h("h2", { id: "help-title" }, "Keys"), helpKeys(), h("p", { class: "row" }, h("button", { type: "button", on: { click: () => dialog.close() } }, "Close"), h("a", { href: href("help"), on: { click: () => dialog.close() } }, "Help")));
	document.body.append(dialog);
	dialog.showModal();
}

// ---- views ----

function mainShow() {
	const address = readAddress();
	const view = MAIN_VIEWS[address.view];
	const place = [address.view, address.category, address.rest].join("/");
	const first = mainState.place === "";
	if (view?.of && address.category === "" && view.of !== "all") {
		goTo({ ...address, category: mainCategoryFor(address.view) }, { replace: true });
		return;
	}
	if (view?.of && address.category) {
		mainState.category = address.category;
		mainRemember("category", address.category);
	}
	mainPicker(address);
	mainNav(address);
	if (!view) {
		mainState.view = null;
		put($("#main"), h("h1", { tabindex: -1 }, "Not found"), problem({ status: 404, detail: "The page has no view of this name. The link may be of another version." }));
		shell.title("Not found");
	} else if (mainState.name !== address.view || !mainState.view) {
		mainState.view = document.createElement(view.tag);
		put($("#main"), mainState.view);
	}
	mainState.name = address.view;
	mainState.view?.show(address);
	if (!first && place !== mainState.place) {
		$("#main h1")?.focus({ preventScroll: true });
		mainScrollTo(mainState.back ? mainScrolled.get(location.hash) ?? 0 : 0);
	}
	mainState.back = false;
	mainState.place = place;
}

// Where each address was scrolled to, for who comes back to it.
const mainScrolled = new Map();

// Data of a view come later than the view, so its height does; whoever scrolls meanwhile
// is let be.
function mainScrollTo(top) {
	const until = performance.now() + 2000;
	const stop = new AbortController();
	const again = () => {
		scrollTo(0, top);
		if (scrollY >= top - 1 || performance.now() > until) {
			stop.abort();
		} else if (!stop.signal.aborted) {
			requestAnimationFrame(again);
		}
	};
	for (const type of ["wheel", "touchmove", "keydown", "pointerdown"]) {
		addEventListener(type, () => stop.abort(), { signal: stop.signal, passive: true });
	}
	again();
}

function mainScrolls() {
	history.scrollRestoration = "manual";
	let moving = 0;
	addEventListener("scroll", () => {
		clearTimeout(moving);
		const { hash } = location;
		moving = setTimeout(() => hash === location.hash && mainScrolled.set(hash, scrollY), 150);
	}, { passive: true });
	// Browsers that do not tell back from a link go to the top.
	globalThis.navigation?.addEventListener("navigate", (event) => {
		mainState.back = event.navigationType === "traverse";
	});
}

let mainPrefix = 0;

// Keys are those of a page, so they are nobody's while something is being typed, nor with
// a modifier, which are the browser's.
function mainKey(event) {
	const typing = event.target.closest?.("input, select, textarea, [contenteditable], dialog");
	if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing) {
		return;
	}
	const prefixed = Date.now() - mainPrefix < 1500;
	mainPrefix = 0;
	if (prefixed) {
		const found = Object.entries(MAIN_VIEWS).find(([, view]) => view.key === event.key);
		if (found) {
			event.preventDefault();
			goTo({ view: found[0], category: mainCategoryFor(found[0]), rest: "", params: {} });
		}
	} else if (event.key === "g") {
		mainPrefix = Date.now();
	} else if (event.key === "/") {
		const search = $("[data-search]");
		if (search) {
			event.preventDefault();
			search.focus();
			search.select?.();
		}
	} else if (event.key === "?") {
		event.preventDefault();
		mainHelp();
	}
}

for (const view of Object.values(MAIN_VIEWS)) {
	customElements.define(view.tag, view.element);
}
// Each in a task of its own; the frame is seen before the view is made.
setTimeout(async () => {
	mainFrame();
	mainScrolls();
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("theme")));
	addEventListener("hashchange", mainShow);
	addEventListener("keydown", mainKey);
	connection.addEventListener("change", mainConnection);
	live.addEventListener("state", mainLive);
	live.addEventListener("snapshot", (event) => mainState.view?.refresh(event.detail.category));
	shell.addEventListener("health", mainHealth);
	mainLive();
	await pause();
	// Fonts and styles are set up for the frame alone.
	document.body.getBoundingClientRect();
	await pause();
	mainShow();
	await pause();
	shell.start();
	live.start();
});
