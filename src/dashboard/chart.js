// Numbers over days: a line as high as text, and a chart with what a mouse, a keyboard and a
// screen reader need.
import { svg } from "./dom.js";

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
			// a day alone is a stroke without length, which has round ends
			path += inside ? "L" + point : "M" + point + "h0";
		}
		inside = value !== null;
	});
	return svg("svg", { class: "sparkline", viewBox: "0 0 " + width + " " + height,
		preserveAspectRatio: "none", role: "img", "aria-label": label },
		svg("path", { d: path, "vector-effect": "non-scaling-stroke" }));
}
