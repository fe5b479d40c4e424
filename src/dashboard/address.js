import { h } from "./dom.js";

// The whole state of the page is behind the # of its address, so that a link shows what
// its sender saw: #/VIEW/CATEGORY/REST?key=value.
function addressDecode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

// {view, category, rest, params}: texts, "" where there is none, and URLSearchParams.
export function readAddress(hash = location.hash) {
	const text = hash.replace(/^#\/?/, "");
	const mark = text.indexOf("?");
	const path = mark < 0 ? text : text.slice(0, mark);
	const [view, category, ...rest] = path.split("/").map(addressDecode);
	return {
		view: view || "overview",
		category: category ?? "",
		rest: rest.join("/"),
		params: new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1)),
	};
}

// For an <a>. Params are an object or URLSearchParams; "", null, undefined and false are
// left out, and so should defaults be.
export function href(view, category = "", rest = "", params = {}) {
	let path = "#/" + [view, category, rest].map(encodeURIComponent).join("/");
	path = path.replace(/\/+$/, "");
	const query = new URLSearchParams();
	const entries = params instanceof URLSearchParams ? params.entries() : Object.entries(params);
	for (const [name, value] of entries) {
		if (value !== "" && value !== null && value !== undefined && value !== false) {
			query.append(name, value === true ? "1" : value);
		}
	}
	const text = query.toString();
	return text ? path + "?" + text : path;
}

// Goes to {view, category, rest, params} or to a "#/…". With replace "back" does not lead
// to the address before. The view's show() is called by it, also if only params differ.
export function goTo(address, { replace = false } = {}) {
	const to = typeof address === "string" ? address : href(address.view, address.category, address.rest, address.params);
	if (to === location.hash) {
		return;
	}
	if (replace) {
		location.replace(to);
	} else {
		location.hash = to;
	}
}

export function linkTo(text, ...where) {
	return h("a", { href: href(...where) }, text);
}
