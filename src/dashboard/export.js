// Lists as text, as the daemon's own lists escape them (doc/api.md "Formats"). A column is
// {name, value: (row) => text, number, boolean or null, code (true: a name)}.
const EXPORT_NAME_MAX = 256;
// East Asian spreadsheets take the wide forms for the same.
const EXPORT_FORMULA = /^ *[=+\-@\t\r\n'\uff0b\uff0d\uff1d\uff20]/;
const EXPORT_CONTROL = /[\x00-\x1f\x7f]/g;

function exportCsvCell(value) {
	if (value === null || value === undefined) {
		return "";
	}
	let text = String(value);
	// Numbers may begin with "-"; texts that do are formulas to a spreadsheet.
	if (typeof value === "string" && EXPORT_FORMULA.test(text)) {
		text = "'" + text;
	}
	return /^ | $|[,;"\t\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}

// RFC 4180: lines end with CR LF, the head is the names of the columns.
export function toCsv(columns, rows) {
	const lines = [columns.map((column) => exportCsvCell(column.name)).join(",")];
	for (const row of rows) {
		lines.push(columns.map((column) => exportCsvCell(column.value(row))).join(","));
	}
	return lines.join("\r\n") + "\r\n";
}

function exportPlain(text) {
	return text.replace(EXPORT_CONTROL, " ").replace(/[\\|`*_<>[\]~&#@!]/g, "\\$&");
}

// Code is no link, no picture and no mention, whatever a name is made of; where backticks
// or a table's bars would count, HTML's, each character of punctuation by its number.
export function markdownName(name) {
	const { read } = new TextEncoder().encodeInto(name, new Uint8Array(EXPORT_NAME_MAX));
	const text = name.slice(0, read);
	const cut = read < name.length ? "…" : "";
	if (text !== "" && !/^ | $|[`|\\\x00-\x1f\x7f]/.test(text)) {
		return "`" + text + "`" + cut;
	}
	const html = text.replace(EXPORT_CONTROL, " ").replace(/[!-/:-@[-`{-~]/g, (c) => "&#" + c.charCodeAt(0) + ";" + (c === "@" ? "<!-- -->" : ""));
	return "<code>" + html + "</code>" + cut;
}

function exportMarkdownCell(column, row) {
	const value = column.value(row);
	if (value === null || value === undefined || value === "") {
		return "–";
	}
	return column.code ? markdownName(String(value)) : exportPlain(String(value));
}

// A table as GitHub has it (GFM 4.10); columns of numbers stand at the right.
export function toMarkdown(columns, rows) {
	const line = (cells) => "| " + cells.join(" | ") + " |";
	const lines = [
		line(columns.map((column) => exportPlain(column.name))),
		line(columns.map((column) => (column.number ? "---:" : "---"))),
	];
	for (const row of rows) {
		lines.push(line(columns.map((column) => exportMarkdownCell(column, row))));
	}
	return lines.join("\n") + "\n";
}
