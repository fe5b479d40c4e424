// Elements are made by name, and what is put into them is text: nothing on this page is
// ever parsed as HTML, whatever a model is called.
const DOM_SVG = "http://www.w3.org/2000/svg";

function domFill(node, props, children) {
	for (const [name, value] of Object.entries(props ?? {})) {
		if (name === "on") {
			for (const [type, handler] of Object.entries(value)) {
				node.addEventListener(type, handler);
			}
		} else if (name === "style") {
			for (const [property, text] of Object.entries(value)) {
				node.style.setProperty(property, text);
			}
		} else if (name === "text") {
			node.textContent = value ?? "";
		} else if (value === null || value === undefined) {
			continue;
		} else if (name.startsWith("aria-")) {
			node.setAttribute(name, String(value));
		} else if (value !== false) {
			node.setAttribute(name, value === true ? "" : String(value));
		}
	}
	node.append(...domChildren(children));
	return node;
}

function domChildren(children) {
	return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

// An element. Props are attributes (true: without a value; false, null: none), and
// besides text, on: {click: handler}, style: {"--x": "1px"}. Children are nodes, texts
// and numbers, also in lists; null, undefined and false are no children.
export function h(tag, props, ...children) {
	return domFill(document.createElement(tag), props, children);
}

// The same of SVG.
export function svg(tag, props, ...children) {
	return domFill(document.createElementNS(DOM_SVG, tag), props, children);
}

export function $(selector, root = document) {
	return root.querySelector(selector);
}

// The children of a node from now on; returns the node.
export function put(node, ...children) {
	node.replaceChildren(...domChildren(children));
	return node;
}

// Sets a text only if it is another one, so that no screen reader says it again.
export function setText(node, text) {
	const is = String(text);
	if (node.textContent !== is) {
		node.textContent = is;
	}
	return node;
}

let domIds = 0;

// An id that no other element has, for labels and descriptions.
export function uid() {
	domIds += 1;
	return "id" + domIds;
}

// Between two pieces of work the browser answers keys, and may draw: work that is longer
// than an answer may take is done in pieces.
export function pause() {
	return globalThis.scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));
}
