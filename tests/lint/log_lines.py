"""Holds what src logs at warning or above against the table of doc/operations.md.

A line stands there if its longest words between figures and names are in the first column,
or if words of the first column, between what stands for figures and names there, are in the
line. Lines that say only what they were given (%s: %s) are passed over: they have no words
of their own."""
import pathlib
import re
import sys

CALL = re.compile(r'\b(?:log_warnx?|log_errx?|fatalx?)\(\s*((?:"(?:[^"\\]|\\.)*"|[A-Z][A-Za-z0-9_]*|\s)+)')
PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"|([A-Z][A-Za-z0-9_]*)')
FIGURE = re.compile(r"%[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j|t)?[A-Za-z%]")
STANDS_FOR = re.compile("…|\\b[A-Z]+\\b")
SHORTEST, TELLING = 6, 10


def line(strings):
    text = "".join(string or ("d" if macro.startswith("PRI") else "%s") for string, macro in PIECE.findall(strings))
    return text.replace('\\"', '"')


def words(text, apart):
    return [part.strip(" :;,.()/\"'") for part in apart.split(text)]


root = pathlib.Path(sys.argv[1])
table = (root / "doc" / "operations.md").read_text().partition("| line | it means | do |")[2].partition("\n\n")[0]
column = [row.split(" | ")[0] for row in table.splitlines()]
told = [part for cell in column for span in re.findall("`([^`]*)`", cell) for part in words(span, STANDS_FOR)
        if len(part) >= TELLING]
missing = 0
for path in sorted((root / "src").rglob("*.c")):
    source = path.read_text()
    for call in CALL.finditer(source):
        says = line(call.group(1))
        longest = max(words(says, FIGURE), key=len)
        if '"' not in call.group(1) or len(longest) < SHORTEST:
            continue
        if not any(longest in cell for cell in column) and not any(part in says for part in told):
            print("%s:%d: not in the table of doc/operations.md: %s" % (
                path, source.count("\n", 0, call.start()) + 1, longest))
            missing = 1
sys.exit(missing)
