"""Clients of a machine: one who asks all the time, and one who does not read."""
import socket
import threading
import time

from daemon import wait_for
from machine import PATIENCE, PORT


class Prober:
    """Asks, each time on a connection of its own, until the end of `with`."""

    def __init__(self, machine):
        self.machine = machine
        self.failures, self.waits = [], []
        self.end = threading.Event()
        self.thread = threading.Thread(target=machine.in_network, args=(self.run,))

    def run(self):
        while not self.end.is_set():
            began = time.monotonic()
            try:
                with socket.create_connection(("127.0.0.1", PORT), PATIENCE) as client:
                    client.sendall(b"GET /heartbeat HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
                    answer = b""
                    while chunk := client.recv(4096):
                        answer += chunk
                assert answer.startswith(b"HTTP/1.1 200 "), answer
                self.waits.append(time.monotonic() - began)
            except (OSError, AssertionError) as error:
                self.failures.append(repr(error))
            time.sleep(0.002)

    def __enter__(self):
        self.thread.start()
        wait_for(lambda: self.waits or self.failures, "the first answer")
        return self

    def __exit__(self, *_):
        self.end.set()
        self.thread.join()


def slow_client():
    """Asks for megabytes, and reads none of them."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", PORT))
    request = "GET /model_references/statistics/text_generation/deletion-risk HTTP/1.1\r\nHost: test\r\n\r\n"
    client.sendall(200 * request.encode())
    return client
