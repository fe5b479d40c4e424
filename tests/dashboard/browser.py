"""Chromium without a window, and a page in it as a person meets it: by role and name, by mouse and keys."""
import json
import os
import pathlib
import random
import re
import socket

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains

from daemon import wait_for

# Seconds for what must happen.
PATIENCE = int(os.environ.get("HYDRATORD_TEST_PATIENCE", "120"))
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
         "--hide-scrollbars", "--force-color-profile=srgb")
DESKTOP, PHONE, NARROW = (1280, 800), (375, 812), (320, 640)
# What Chromium says by itself of an answer that is no success.
FAILED_REQUEST = r"^network .*(Failed to load resource|net::ERR_)"
# Of what nothing else is logged. It runs before any script of the page.
LISTENERS = """
addEventListener("securitypolicyviolation", event =>
    console.error("violation of " + event.effectiveDirective + ": " + event.blockedURI + " " + event.sample));
window.longTasks = [];
new PerformanceObserver(list => longTasks.push(...list.getEntries().map(
    entry => [Math.round(entry.startTime), Math.round(entry.duration)]))).observe({type: "longtask", buffered: true});
window.requestsRunning = 0;
const ask = fetch;
window.fetch = (...what) => {
    requestsRunning++;
    return ask(...what).finally(() => requestsRunning--);
};
"""


def driver_port():
    """A free one that nobody else is given meanwhile: the kernel's own begin above (ip_local_port_range), so a daemon
    that listens on port 0 does not get it."""
    for port in random.sample(range(16000, 32000), 100):
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")


def start(chromium, chromedriver, directory, traced=False):
    """A browser with a new profile, whose temporary files are below `directory`. traced: for Page.tasks()."""
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in FLAGS + ("--user-data-dir=%s" % (directory / "profile"),):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", **({"performance": "ALL"} if traced else {})})
    if traced:
        options.add_experimental_option("perfLoggingPrefs", {
            "enableNetwork": False, "enablePage": False, "traceCategories": "toplevel,devtools.timeline,blink.user_timing"})
    home = {name: str(directory) for name in ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    service = Service(chromedriver, port=driver_port(), log_path=str(directory / "chromedriver.log"),
                      env=dict(os.environ, **home))
    driver = webdriver.Chrome(service=service, options=options)
    driver.set_page_load_timeout(PATIENCE)
    driver.set_script_timeout(PATIENCE)
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": LISTENERS})
    return driver


class Page:
    """One page, with nothing that an earlier test left."""

    def __init__(self, driver):
        self.driver = driver
        self.base = None
        self.lines = []  # of the console, as far as they were read
        self.expected = []
        self.reset()

    def reset(self):
        self.driver.get("about:blank")
        self.cdp("Network.enable")
        self.cdp("Network.clearBrowserCache")
        self.cdp("Emulation.clearDeviceMetricsOverride")
        self.size(*DESKTOP)
        self.media()
        self.network()
        self.processor(1)
        self.driver.get_log("browser")

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    # The machine that somebody looks with.

    def size(self, width, height):
        """In CSS pixels; a phone is as wide as this one's."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, **features):
        """prefers_color_scheme="dark", prefers_contrast="more", forced_colors="active", ..."""
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def network(self, offline=False, latency=0, rate=-1):
        """latency in milliseconds, rate in bytes a second."""
        self.cdp("Network.emulateNetworkConditions", offline=offline, latency=latency, downloadThroughput=rate,
                 uploadThroughput=rate)

    def processor(self, slower):
        self.cdp("Emulation.setCPUThrottlingRate", rate=slower)

    # Where it is.

    def of(self, base):
        """From now on that of an address, which is all before the "#": nothing of it is remembered."""
        self.base = base
        self.cdp("Storage.clearDataForOrigin", origin=base.rpartition("/")[0], storageTypes="all")
        return self

    def open(self, address="", base=None):
        """Loads the page anew at an address behind "#", if need be from another daemon, and waits for its heading."""
        if base:
            self.of(base)
        self.driver.get("about:blank")
        self.driver.get(self.base + ("#/" + address if address else ""))
        return self.heading()

    def go(self, address):
        """As a link within the page does."""
        self.script("location.hash = arguments[0]", "#/" + address)
        return self.heading()

    @property
    def url(self):
        return self.driver.current_url

    # What a person sees.

    def text(self):
        return self.script("return document.body ? document.body.innerText : ''")

    def shows(self, wanted):
        """Waits for a text, or for one that a pattern matches; returns the match."""
        pattern = re.compile(re.escape(wanted) if isinstance(wanted, str) else wanted)
        try:
            return wait_for(lambda: pattern.search(self.text()), repr(wanted), PATIENCE)
        except AssertionError as error:
            raise AssertionError("%s; the page says:\n%s" % (error, self.text()[:4000])) from None

    def heading(self):
        """The text of the only h1, once there is one."""
        found = self.by_role("heading", level=1)
        return found.text

    def settled(self):
        """Waits until the view has what it asked for, whatever came."""
        def waiting():
            return self.script("return [...Array(requestsRunning).fill('a request'), "
                               "...Array.from(document.querySelectorAll('.loading, [aria-busy=true]'), e => e.outerHTML)]")

        try:
            wait_for(lambda: not waiting(), "the view to have its data", PATIENCE)
        except AssertionError as error:
            raise AssertionError("%s; it waits for %s" % (error, waiting())) from None

    def find_all(self, role, name=None, within=None, level=None):
        """What there is at the moment, in the order of the document: (name, reference) of each."""
        if within is None:
            root = {"nodeId": self.cdp("DOM.getDocument", depth=0)["root"]["nodeId"]}
        else:
            self.script("window.hydratordTest = arguments[0]", within)
            root = {"objectId": self.cdp("Runtime.evaluate", expression="window.hydratordTest")["result"]["objectId"]}
        found = []
        for node in self.cdp("Accessibility.queryAXTree", role=role, **root)["nodes"]:
            if node["ignored"] or "backendDOMNodeId" not in node:
                continue
            called = node.get("name", {}).get("value", "").strip()
            if level and level not in [each["value"].get("value") for each in node["properties"]
                                       if each["name"] == "level"]:
                continue
            if name is None or (name == called if isinstance(name, str) else name.search(called)):
                found.append((called, node["backendDOMNodeId"]))
        return found

    def element(self, reference):
        handle = self.cdp("DOM.resolveNode", backendNodeId=reference)["object"]["objectId"]
        self.cdp("Runtime.callFunctionOn", objectId=handle, functionDeclaration="function() { hydratordTest = this; }")
        return self.script("return window.hydratordTest")

    def by_role(self, role, name=None, within=None, level=None):
        """The first element of a computed role, whose computed name is that, or matches that pattern; waited for."""
        def found():
            all_found = self.find_all(role, name, within, level)
            return all_found and self.element(all_found[0][1])

        try:
            return wait_for(found, "%s %r" % (role, name), PATIENCE)
        except AssertionError as error:
            names = [each[0] for each in self.find_all(role)]
            raise AssertionError("%s; there are %s; the page says:\n%s" % (error, names, self.text()[:3000])) from None

    def names(self, role, within=None):
        return [name for name, _ in self.find_all(role, within=within)]

    def absent(self, role, name=None):
        wait_for(lambda: not self.find_all(role, name), "%s %r to go" % (role, name), PATIENCE)

    def click(self, role, name=None, within=None):
        """With the mouse, where it is: fails if something else lies over it."""
        def clicked():
            element = self.by_role(role, name, within)
            try:
                self.script("arguments[0].scrollIntoView({block: 'center'})", element)
                element.click()
                return element
            except StaleElementReferenceException:  # it was drawn anew
                return None

        return wait_for(clicked, "%s %r to stay" % (role, name), PATIENCE)

    def type(self, role, name, text):
        """Into a field, instead of what is there."""
        field = self.by_role(role, name)
        field.clear()
        field.send_keys(text)
        return field

    def press(self, *keys):
        """To whatever has the focus."""
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def focus(self):
        return self.driver.switch_to.active_element

    # What nobody sees, and a test must.

    def expect(self, pattern=FAILED_REQUEST):
        """Lines of the console that a test brings about."""
        self.expected.append(re.compile(pattern))

    def problems(self):
        """What the console had until now, but for what is expected."""
        for entry in self.driver.get_log("browser"):
            self.lines.append("%s %s: %s" % (entry["source"], entry["level"], entry["message"]))
        return [line for line in self.lines if not any(each.search(line) for each in self.expected)]

    def axe(self, source):
        """What axe-core finds wrong: a line each."""
        if not self.script("return !!window.axe"):
            self.script(source)
        found = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {resultTypes: ['violations']}).then("
            "  r => done(r.violations.flatMap(v => v.nodes.map("
            "    n => v.id + ' (' + v.impact + '): ' + n.html + ' ' + n.failureSummary))),"
            "  e => done(['axe: ' + e]))")
        return found

    def too_wide(self):
        """What makes the page wider than the screen: the innermost elements, as their tags begin."""
        return self.script("""
            const root = document.documentElement, width = root.clientWidth;
            if (root.scrollWidth <= width) return [];
            const scrolls = e => e !== root && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
            const over = [...document.body.querySelectorAll("*")].filter(
                e => e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement));
            const inner = over.filter(e => !over.some(other => other !== e && e.contains(other)));
            return [root.scrollWidth + " px wide", ...inner.map(e => e.outerHTML.slice(0, 160))];""")

    def long_tasks(self, since=0):
        """[begin, milliseconds] of each task over 50 ms that began later than `since`, as now() counts."""
        return [task for task in self.script("return longTasks") if task[0] >= since]

    def tasks(self):
        """Milliseconds of processor that each task took since this was asked before, of the threads that ran scripts."""
        mark = "asked at %f" % self.now()
        self.script("performance.mark(arguments[0])", mark)
        events = []

        def came():
            for line in self.driver.get_log("performance"):
                message = json.loads(line["message"])["message"]
                events.extend([message["params"]] if message["method"] == "Tracing.dataCollected" else [])
            return any(event.get("name") == mark for event in events)

        wait_for(came, "the trace", PATIENCE)
        scripted = {(event["pid"], event["tid"]) for event in events if event.get("name") == "FunctionCall"}
        return [event["tdur"] / 1000 for event in events if event.get("name", "").endswith("RunTask") and "tdur" in event
                and (event["pid"], event["tid"]) in scripted]

    def now(self):
        return self.script("return performance.now()")

    def screenshot(self, name):
        directory = os.environ.get("HYDRATORD_SCREENSHOTS")
        if directory:
            pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(pathlib.Path(directory) / (name + ".png")))
