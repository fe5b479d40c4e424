// Numbers over days: a line as high as text, and a chart with what a mouse, a keyboard and a
// screen reader need. A canvas has no colours of CSS and no text, so both are kept beside it.
import { h, pause, svg, put } from "./dom.js";
import { formatter, number, utcDay } from "./words.js";

const CHART_DAY = 86400;
const CHART_DAY_WIDTH = 80;
const CHART_HEIGHT = 150;
// Between two lines of a chart of whole numbers: 1, 2, 5, 10, 20, ...
const CHART_STEPS = Array.from({ length: 45 }, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3));
const CHART_WIDTH_UNSEEN = 320;
const CHART_WEEKDAY = formatter("DateTimeFormat", "en", { weekday: "short", timeZone: "UTC" });
const CHART_SHORT_DAY = formatter("DateTimeFormat", "en", { day: "numeric", month: "short", timeZone: "UTC" });
const CHART_SHORT_NUMBER = formatter("NumberFormat", "en", { notation: "compact" });

// values: numbers, or null where nothing is known, which is a gap. An SVG element without size.
export function sparkline(values, { label }) {
	const width = 100;
	const height = 20;
	const most = values.reduce((max, value) => Math.max(max, value ?? 0), 0) || 1;
	const step = width / Math.max(1, values.length - 1);
	let path = "";
	let inside = false;
	values.forEach((value, i) => {
		if (value !== null) {
			const point = (i * step).toFixed(1) + " " + (height - 1 - value / most * (height - 2)).toFixed(1);
			// A day alone is a stroke without length, which has round ends
			path += inside ? "L" + point : "M" + point + "h0";
		}
		inside = value !== null;
	});
	return svg("svg", { class: "sparkline", viewBox: "0 0 " + width + " " + height,
		preserveAspectRatio: "none", role: "img", "aria-label": label },
		svg("path", { d: path, "vector-effect": "non-scaling-stroke" }));
}

function chartDayName(unix) {
	return CHART_WEEKDAY.format(unix * 1000) + " " + utcDay(unix / CHART_DAY);
}

// "2026-11-29": its begin in UTC, Unix seconds.
export function chartDayOf(date) {
	return Date.parse(date) / 1000;
}

// A chart of one series. show({label, days, values, words, summary, shape, color, marks, group}):
// days: Unix seconds of each begin (UTC), rising; values: as many, null where nothing is known;
// words(value): "5 workers"; summary: a sentence about all; shape: "bars" or "steps"; color: name of a
// CSS variable; marks: [{at, text}], moments to be seen; charts of one group move their cursors together.
export class HyChart extends HTMLElement {
	#given = null;
	#plot = null;
	#colors = {};
	#at = null;
	#timer = 0;
	#area = h("div", { class: "chart-area", role: "slider", tabindex: "0", "aria-valuemin": "0",
		on: { keydown: (event) => this.#key(event), blur: () => this.#leave() } });
	#readout = h("p", { class: "chart-readout", "aria-hidden": "true" });
	#rows = h("tbody");
	#head = h("th", { scope: "col", class: "num" });
	#caption = h("caption", { class: "sr" });
	#table = h("details", { class: "chart-table", on: { toggle: () => this.#fillTable() } },
		h("summary", { text: "As a table" }),
		h("div", { class: "scroll chart-scroll", tabindex: "0", role: "group", "aria-label": "Table of days" },
			h("table", null, this.#caption,
				h("thead", null, h("tr", null, h("th", { scope: "col", text: "Day (UTC)" }), this.#head)), this.#rows)));
	#sizes = new ResizeObserver(() => requestAnimationFrame(() => this.#resize()));
	#media = ["(prefers-contrast: more)", "(forced-colors: active)"].map((query) => matchMedia(query));
	#onTheme = () => this.#recolor();

	connectedCallback() {
		put(this, this.#readout, this.#area, this.#table);
		this.#sizes.observe(this.#area);
		document.addEventListener("theme", this.#onTheme);
		this.#media.forEach((query) => query.addEventListener("change", this.#onTheme));
		if (this.#given) {
			this.#drawSoon();
		}
	}

	disconnectedCallback() {
		this.#sizes.disconnect();
		document.removeEventListener("theme", this.#onTheme);
		this.#media.forEach((query) => query.removeEventListener("change", this.#onTheme));
		this.#destroy();
	}

	show(given) {
		if (this.#given?.shape !== given.shape) {
			this.#destroy();
		}
		this.#given = given;
		if (this.#at >= given.days.length) {
			this.#at = null;
		}
		this.#area.setAttribute("aria-label", given.label + ", by day; arrow keys move from day to day");
		this.#area.setAttribute("aria-valuemax", given.days.length - 1);
		this.#caption.textContent = this.#head.textContent = given.label;
		this.#say();
		this.#fillTable();
		this.#drawSoon();
	}

	#destroy() {
		clearTimeout(this.#timer);
		this.#plot?.destroy();
		this.#plot = null;
	}

	// Each chart in a task of its own: on a slow processor all of a view would be a long one.
	#drawSoon() {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.isConnected && this.#draw());
	}

	async #draw() {
		// A browser's first question of numbers and languages is as long as all the rest.
		CHART_SHORT_NUMBER.format(0);
		await pause();
		const { default: Plot } = await import("./uplot/uPlot.esm.js");
		await pause();
		if (!this.isConnected) {
			return;
		}
		const { days, values } = this.#given;
		this.#readColors();
		if (this.#plot) {
			this.#plot.setData([days, values]);
		} else {
			this.#plot = new Plot(this.#options(Plot), [days, values], this.#area);
		}
	}

	#options(Plot) {
		const font = getComputedStyle(this);
		const axis = { stroke: () => this.#colors.muted, font: Math.round(parseFloat(font.fontSize) * 0.8) + "px " + font.fontFamily,
			grid: { stroke: () => this.#colors.line, width: 1 }, ticks: { show: false } };
		const bars = this.#given.shape === "bars";
		return {
			width: this.#area.clientWidth || CHART_WIDTH_UNSEEN,
			height: CHART_HEIGHT,
			padding: [8, 20, 0, 0],
			legend: { show: false },
			tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), "UTC"),
			cursor: { y: false, drag: { x: false, y: false }, sync: { key: this.#given.group },
				points: { size: 7 } },
			scales: {
				x: { range: () => [this.#given.days[0] - CHART_DAY / 2, this.#given.days.at(-1) + CHART_DAY / 2] },
				y: { range: (u, min, max) => [0, Math.max(1, max ?? 0) * 1.05] },
			},
			axes: [
				{ ...axis, size: 28, grid: { show: false }, splits: (u) => this.#splits(u.width), values: (u, splits) => splits.map((at) => CHART_SHORT_DAY.format(at * 1000)) },
				{ ...axis, size: 52, space: 36, incrs: CHART_STEPS, values: (u, splits) => splits.map((n) => CHART_SHORT_NUMBER.format(n)) },
			],
			series: [{}, {
				stroke: () => this.#colors.main, fill: () => bars ? this.#colors.main : this.#colors.soft, width: bars ? 0 : 2,
				points: { show: false },
				paths: bars ? Plot.paths.bars({ size: [0.75, 24, 1] }) : Plot.paths.stepped({ align: 1 }),
			}],
			hooks: {
				draw: [(u) => this.#drawMarks(u)],
				setCursor: [(u) => this.#move(u.cursor.left < 0 ? null : u.cursor.idx)],
			},
		};
	}

	// The newest day has its name, and as many before it as have room.
	#splits(width) {
		const { days } = this.#given;
		const step = Math.max(1, Math.ceil(days.length * CHART_DAY_WIDTH / width));
		return days.filter((_, i) => (days.length - 1 - i) % step === 0);
	}

	#readColors() {
		const probe = h("i");
		this.append(probe);
		// A canvas knows no var() and no light-dark(): only what they come to
		const color = (name) => {
			probe.style.color = "var(" + name + ")";
			return getComputedStyle(probe).color;
		};
		this.#colors = { main: color(this.#given.color), muted: color("--muted"), line: color("--line"), mark: color("--bad") };
		this.#colors.soft = this.#colors.main.replace(/^rgb\((.*)\)$/, "rgba($1, 0.15)");
		probe.remove();
	}

	#recolor() {
		if (this.#plot) {
			this.#destroy();
			this.#drawSoon();
		}
	}

	#resize() {
		const width = this.#area.clientWidth;
		if (this.#plot && width > 0 && width !== this.#plot.width) {
			this.#plot.setSize({ width, height: CHART_HEIGHT });
		}
	}

	#drawMarks(u) {
		const { ctx, bbox } = u;
		const first = this.#given.days[0];
		const last = this.#given.days.at(-1);
		ctx.save();
		ctx.strokeStyle = this.#colors.mark;
		ctx.lineWidth = devicePixelRatio;
		ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
		for (const { at } of this.#given.marks) {
			const day = Math.floor(at / CHART_DAY) * CHART_DAY;
			if (day < first || day > last) {
				continue;
			}
			const x = Math.round(u.valToPos(day, "x", true));
			ctx.beginPath();
			ctx.moveTo(x, bbox.top);
			ctx.lineTo(x, bbox.top + bbox.height);
			ctx.stroke();
		}
		ctx.restore();
	}

	#key(event) {
		const last = this.#given.days.length - 1;
		const at = this.#at ?? last;
		const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageUp: at + 7, PageDown: at - 7,
			Home: 0, End: last }[event.key];
		if (event.key === "Escape") {
			this.#leave();
		}
		if (to === undefined || event.ctrlKey || event.metaKey || event.altKey || last < 0) {
			return;
		}
		event.preventDefault();
		// The first key shows where one is
		const index = this.#at === null && event.key.startsWith("Arrow") ? last : Math.min(last, Math.max(0, to));
		this.#plot?.setCursor({ left: this.#plot.valToPos(this.#given.days[index], "x"), top: CHART_HEIGHT / 2 }, true, true);
	}

	#leave() {
		this.#plot?.setCursor({ left: -10, top: -10 }, true, true);
	}

	#move(index) {
		if (this.#at !== (index ?? null)) {
			this.#at = index ?? null;
			this.#say();
		}
	}

	#words(index, words = this.#given.words) {
		const value = this.#given.values[index];
		const day = this.#given.days[index];
		const marks = (this.#given.marks).filter(({ at }) => Math.floor(at / CHART_DAY) * CHART_DAY === day);
		const today = day > Date.now() / 1000 - CHART_DAY && "so far";
		return [value === null ? "not known" : words(value), today, ...marks.map(({ text }) => text)].filter(Boolean).join(", ");
	}

	// aria-valuetext of what has the focus is announced when it changes: no live region besides.
	#say() {
		const { days, label, summary } = this.#given;
		const at = this.#at;
		const text = at === null ? summary : chartDayName(days[at]) + ": " + this.#words(at);
		put(this.#readout, h("span", { class: "chart-label" }, label), h("span", {}, text));
		this.#area.setAttribute("aria-valuenow", at ?? days.length - 1);
		this.#area.setAttribute("aria-valuetext", text);
	}

	// Rows of a table that nobody has opened are not made.
	#fillTable() {
		if (!this.#table.open || !this.#given) {
			return;
		}
		const { days } = this.#given;
		put(this.#rows, ...days.map((day, i) => h("tr", null,
			h("th", { scope: "row", text: utcDay(day / CHART_DAY) }),
			h("td", { class: "num", text: this.#words(i, number) }))).reverse());
	}
}
customElements.define("hy-chart", HyChart);
