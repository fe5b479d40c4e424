"""A terminal for programs that draw: a pseudo-terminal, and the screen that its bytes make."""
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import unicodedata

from daemon import PATIENCE, wait_for


class Screen:
    """What an xterm shows that was sent these bytes: as much of one as ncurses makes use of."""

    def __init__(self, columns, rows):
        self.modes = set()  # such as "?1049", the alternate screen
        self.pending = b""
        self.unknown = []  # sequences that this screen does not know
        self.resize(columns, rows)

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [[" "] * columns for _ in range(rows)]
        self.reverse = [[False] * columns for _ in range(rows)]
        self.x = self.y = 0
        self.top, self.bottom = 0, rows - 1
        self.last, self.inverted, self.wraps = " ", False, False

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]

    def text(self):
        return "\n".join(self.lines())

    def feed(self, data):
        data = self.pending + data
        self.pending = b""
        while data:
            found = re.match(rb"\x1b\[([?>]?[\d;:]*)([ -/]*[@-~])|\x1b[()]([0-9A-Z])|\x1b([=>78cMD])|\x1b\][^\x07]*\x07",
                             data)
            if found:
                data = data[found.end():]
                if found.group(2):
                    self.control(found.group(1).decode(), found.group(2).decode())
                elif found.group(4):
                    self.escape(found.group(4).decode())
                continue
            if data[0] == 0x1b:
                if len(data) > 64:
                    raise AssertionError("no escape sequence: %r" % data[:64])
                self.pending = data  # the rest of it is to come
                return
            if data[0] < 0x20 or data[0] == 0x7f:
                self.move(data[0])
                data = data[1:]
                continue
            size = 1 if data[0] < 0x80 else 2 if data[0] < 0xe0 else 3 if data[0] < 0xf0 else 4
            if len(data) < size:
                self.pending = data
                return
            self.put(data[:size].decode(errors="replace"))
            data = data[size:]

    def put(self, character):
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if unicodedata.combining(character):
            return
        if self.wraps:
            self.x, self.wraps = 0, False
            self.line_feed()
        self.cells[self.y][self.x] = character
        self.reverse[self.y][self.x] = self.inverted
        if width == 2 and self.x + 1 < self.columns:
            self.cells[self.y][self.x + 1] = ""
        self.last = character
        self.x += width
        if self.x >= self.columns:
            self.x, self.wraps = self.columns - 1, True

    def scroll(self, first, by):
        for _ in range(abs(by)):
            for grid, blank in ((self.cells, " "), (self.reverse, False)):
                row = [blank] * self.columns
                if by > 0:
                    del grid[first]
                    grid.insert(self.bottom, row)
                else:
                    del grid[self.bottom]
                    grid.insert(first, row)

    def line_feed(self):
        if self.y == self.bottom:
            self.scroll(self.top, 1)
        else:
            self.y = min(self.y + 1, self.rows - 1)

    def move(self, byte):
        self.wraps = False
        if byte == 0x0a:
            self.line_feed()
        elif byte == 0x0d:
            self.x = 0
        elif byte == 0x08:
            self.x = max(self.x - 1, 0)
        elif byte == 0x09:
            self.x = min(self.x // 8 * 8 + 8, self.columns - 1)

    def escape(self, which):
        if which == "M":
            if self.y == self.top:
                self.scroll(self.top, -1)
            else:
                self.y = max(self.y - 1, 0)
        elif which == "D":
            self.line_feed()
        elif which == "c":
            self.resize(self.columns, self.rows)

    def blank(self, y, first, end):
        for x in range(first, min(end, self.columns)):
            self.cells[y][x], self.reverse[y][x] = " ", False

    def erase(self, first, last):
        """From one place (y, x) up to and without another."""
        for y in range(first[0], last[0] + 1):
            self.blank(y, first[1] if y == first[0] else 0, last[1] if y == last[0] else self.columns)

    def control(self, arguments, which):
        if arguments[:1] in ("?", ">"):
            if which == "h":
                self.modes.update("?" + n for n in arguments[1:].split(";"))
            elif which == "l":
                self.modes.difference_update("?" + n for n in arguments[1:].split(";"))
            return
        numbers = [int(n or 0) for n in arguments.split(";")] if arguments else []
        n = max(numbers[0] if numbers else 1, 1)
        mode = numbers[0] if numbers else 0
        here, end = (self.y, self.x), (self.rows - 1, self.columns)
        if which != "m":
            self.wraps = False
        if which in "Hf":
            self.y = min(n, self.rows) - 1
            self.x = min(max(numbers[1] if len(numbers) > 1 else 1, 1), self.columns) - 1
        elif which == "A":
            self.y = max(self.y - n, 0)
        elif which == "B":
            self.y = min(self.y + n, self.rows - 1)
        elif which == "C":
            self.x = min(self.x + n, self.columns - 1)
        elif which == "D":
            self.x = max(self.x - n, 0)
        elif which == "G":
            self.x = min(n, self.columns) - 1
        elif which == "d":
            self.y = min(n, self.rows) - 1
        elif which == "J":
            self.erase(*{0: (here, end), 1: ((0, 0), (self.y, self.x + 1)), 2: ((0, 0), end), 3: ((0, 0), end)}[mode])
        elif which == "K":
            self.blank(self.y, *{0: (self.x, self.columns), 1: (0, self.x + 1), 2: (0, self.columns)}[mode])
        elif which == "X":
            self.blank(self.y, self.x, self.x + n)
        elif which in "P@":
            for grid, blank in ((self.cells, " "), (self.reverse, False)):
                row = grid[self.y]
                if which == "P":
                    row[self.x:] = (row[self.x + n:] + [blank] * n)[:self.columns - self.x]
                else:
                    row[self.x:] = ([blank] * n + row[self.x:])[:self.columns - self.x]
        elif which in "LM":
            self.scroll(self.y, n if which == "M" else -n)
        elif which in "ST":
            self.scroll(self.top, n if which == "S" else -n)
        elif which == "r":
            self.top = n - 1
            self.bottom = (numbers[1] if len(numbers) > 1 else self.rows) - 1
            self.x = self.y = 0
        elif which == "b":
            for _ in range(n):
                self.put(self.last)
        elif which == "m":
            for number in numbers or [0]:
                if number in (0, 27):
                    self.inverted = False
                elif number == 7:
                    self.inverted = True
        elif which not in ("h", "l", "t"):
            self.unknown.append((arguments, which))


class Terminal:
    """A program on a pseudo-terminal of a size."""

    def __init__(self, command, columns=80, rows=24, env=None):
        self.screen = Screen(columns, rows)
        self.raw = b""  # all that it has sent
        self.master, slave = os.openpty()
        self.set_size(columns, rows)
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=dict(env or os.environ, TERM="xterm", LC_ALL="C.UTF-8"))
        os.set_blocking(self.master, False)
        self.slave = slave

    def set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.read()
        self.screen.resize(columns, rows)
        self.set_size(columns, rows)  # the kernel sends WINCH

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            self.raw += data
            self.screen.feed(data)

    def text(self):
        self.read()
        return self.screen.text()

    def shows(self, pattern):
        return re.search(pattern, self.text(), re.M)

    def wait(self, pattern):
        """Until the screen shows a regular expression; returns the match."""
        def shown():
            ended = self.process.poll()  # before it is read: what comes last is seen
            found = self.shows(pattern)
            assert found or ended is None, "no %s, and the program has ended (%s)" % (pattern, ended)
            return found
        try:
            return wait_for(shown, pattern)
        except AssertionError as error:
            raise AssertionError("%s on\n%s" % (error, self.text())) from None

    def wait_gone(self, pattern):
        wait_for(lambda: not self.shows(pattern), "no " + pattern)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def restored(self):
        """Whether the terminal is as the program found it."""
        self.read()
        return termios.tcgetattr(self.slave) == self.before and "?1049" not in self.screen.modes

    def end(self):
        """The status of a program that ends by itself."""
        wait_for(lambda: (self.read(), self.process.poll() is not None)[1], "the end of the program")
        self.read()
        return self.process.returncode

    def close(self):
        """Ends the program as a closed window does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)
        for descriptor in (self.master, self.slave):
            os.close(descriptor)
