"""src/dashboard/embed: what it makes of modules, and what it refuses, with the place."""
import os
import pathlib
import re
import subprocess

import pytest

from daemon import BINARY, PATIENCE

EMBED = pathlib.Path(BINARY).parent / "dashboard" / "embed"
DOCUMENT = '<link rel="stylesheet" href="page.css">\n<script type="module" src="main.js"></script>\n'
MAIN = 'import { one } from "./one.js";\none();\n'
ONE = "export function one() {\n\treturn 1;\n}\n"


@pytest.fixture
def embed(tmp_path):
    if not EMBED.exists():
        pytest.skip("%s is missing: it stays where it was built" % EMBED)

    def run(files, order=("one.js", "main.js")):
        files = {"index.html": DOCUMENT, "page.css": "a { b: c }\n", "one.js": ONE, "main.js": MAIN, **files}
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return subprocess.run([EMBED, str(tmp_path), "index.html", "page.css", *order], capture_output=True,
                              text=True, timeout=PATIENCE, env=dict(os.environ, LC_ALL="C"))

    return run


def document(made):
    """The identity form in the C source."""
    assert (made.returncode, made.stderr) == (0, "")
    literals = re.search(r"static const char identity\[\] =((?:\n\t\".*\")+);", made.stdout).group(1)
    text = "".join(re.findall(r'"(.*)"', literals))
    return re.sub(rb"\\([0-7]{3})", lambda byte: bytes([int(byte.group(1), 8)]), text.encode()).decode()


def script(made, kind=' type="module"'):
    return re.search(r"<script%s>(.*?)</script>" % kind, document(made), re.S).group(1)


def test_modules_are_joined(embed):
    made = embed({})
    assert document(made) == ("<style>a{b:c}</style>\n"
                              '<script>"use strict";</script>\n'
                              '<script type="module">function aa(){return 1;}\naa();</script>\n')
    assert embed({}).stdout == made.stdout, "a build is the same each time"


def test_a_module_of_others_has_a_scope_of_its_own_and_is_run_when_it_is_asked_for(embed):
    made = embed({"theirs/chart.js": "function one() {}\nfunction Chart() { return one(); }\nexport { Chart as default };\n",
                  "main.js": MAIN + 'import("./theirs/chart.js").default();\n'},
                 ("theirs/chart.js", "one.js", "main.js"))
    assert script(made, "") == ('"use strict";const Chart=((made)=>()=>made||(made={default:(()=>{function aa(){}\n'
                                "function Chart(){return aa();}\nreturn Chart;})()}))();")
    assert script(made) == "function aa(){return 1;}\naa();Chart().default();"


def test_bytes_stay_what_they_are(embed):
    """Whatever C makes of escapes, digits behind them, and trigraphs."""
    text = 'f("é\U0001f40e\u202e1 ??/ \\\\ %s");' % ("x" * 200)
    assert script(embed({"one.js": text + "\n" + ONE})).startswith(text)


@pytest.mark.parametrize("files,place,trouble", (
    ({"main.js": MAIN + "function one() {}\n"}, "main.js:3", "one is in one.js:1, too"),
    ({"main.js": MAIN + "const one = 1;\n"}, "main.js:3", "one is in one.js:1, too"),
    ({"main.js": MAIN + "async function one() {}\n"}, "main.js:3", "one is in one.js:1, too"),
    ({"main.js": MAIN + "const { a, b } = one();\n"}, "main.js:3", "one name each"),
    ({"main.js": MAIN + "export default one;\n"}, "main.js:3", "one name each"),
    ({"main.js": 'import { two } from "./two.js";\n'}, "main.js:1", "two.js is not in dashboard.am"),
    ({"main.js": 'import { two } from "./one.js";\n'}, "main.js:1", '"two" is not exported by one.js'),
    ({"main.js": 'import { one as two } from "./one.js";\n'}, "main.js:1", "not imported as it is"),
    ({"main.js": 'import { one, } from "./one.js";\n'}, "main.js:1", "not imported as it is"),
    ({"main.js": 'import { one,\n'}, "main.js:1", "imports are written"),
    ({"main.js": 'import * as all from "./one.js";\n'}, "main.js:1", "imports are written"),
    ({"main.js": 'import { one } from "https://elsewhere.example/one.js";\n'}, "main.js:1", "imports are written"),
    ({"one.js": "function one() {}\n"}, "main.js:1", '"one" is not exported by one.js'),
    ({"main.js": MAIN + 'const two = import("./two.js");\n'}, "main.js:3", "is of a module of others"),
    ({"main.js": MAIN + 'const two = import("./one.js");\n'}, "main.js:3", "is of a module of others"),
    ({"one.js": ONE + 'x = "</SCRIPT>";\n'}, "one.js:4", "a browser takes </script"),
    ({"one.js": ONE + '// <script>\n'}, "one.js:4", "a browser takes <script"),
    ({"page.css": "a {}\n\n/* </style */\n"}, "page.css:3", "a browser takes </style"),
    ({"one.js": ONE.encode() + b'x = "\xff";\n'}, "one.js:4", "not UTF-8"),
    ({"one.js": ONE.replace("\n", "\r\n")}, "one.js:1", "a control character"),
    ({"page.css": "a {}\0\n"}, "page.css:1", "a control character"),
    ({"one.js": ONE + "<<<<<<< HEAD\n"}, "one.js:4", "a merge is not finished"),
    ({"one.js": "/*\n||||||| 1234567\n*/\n" + ONE}, "one.js:2", "a merge is not finished"),
    ({"page.css": "a {}\n=======\n"}, "page.css:2", "a merge is not finished"),
    ({"index.html": DOCUMENT + ">>>>>>> ours\n"}, "index.html:3", "a merge is not finished"),
    ({"index.html": DOCUMENT + DOCUMENT}, "index.html:4", "a second script"),
    ({"index.html": DOCUMENT.replace("main.js", "one.js")}, "index.html:2", "not dashboard.am's last module"),
    ({"index.html": DOCUMENT.replace("page.css", "one.js")}, "index.html:1", "no such style"),
    ({"index.html": "<p>\n"}, "index.html:1", "no link to a style, or no script")))
def test_what_is_refused(embed, files, place, trouble):
    made = embed(files)
    assert made.returncode == 1 and made.stdout == ""
    assert made.stderr.startswith(place + ": ") and trouble in made.stderr


def test_a_file_that_is_missing(embed):
    made = embed({}, ("one.js", "two.js", "main.js"))
    assert made.returncode == 1 and "two.js: No such file or directory" in made.stderr
