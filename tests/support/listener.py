"""A machine that hears webhooks: a real socket, with TLS or without, that answers as a test tells it to and keeps what it heard."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
Answer = Callable[[socket.socket, int], None]


def saying(data: bytes) -> Answer:
    """Answers with these bytes."""
    return lambda line, _: line.sendall(data)


@dataclass
class Listener:
    """What it heard, and how it answers: `answer(line, how many before)`."""

    port: int
    answer: Answer
    heard: list[bytes] = field(default_factory=list)
    knocks: int = 0

    def bodies(self) -> list[bytes]:
        """The bodies of the requests that came."""
        return [each.partition(b"\r\n\r\n")[2] for each in self.heard]

    def header(self, number: int, name: str) -> str:
        """A header of one request."""
        head = self.heard[number].partition(b"\r\n\r\n")[0].decode()
        found = [row.partition(": ")[2] for row in head.split("\r\n")[1:] if row.partition(":")[0] == name]
        return found[0]


def _whole(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = line.recv(4096)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.startswith(b"content-length"))
    while len(body) < length:
        body += line.recv(4096)
    return head + b"\r\n\r\n" + body


@contextmanager
def listening(
    answer: Answer | None = None, pair: tuple[Path, Path] | None = None, host: str = "127.0.0.1"
) -> Iterator[Listener]:
    """A listener on a free port; over TLS where certificate and key are given."""
    server = socket.create_server((host, 0))
    found = Listener(server.getsockname()[1], answer or saying(OK))
    context = None
    if pair is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*pair)

    def one(plain: socket.socket) -> None:
        plain.settimeout(20.0)
        try:
            with plain, context.wrap_socket(plain, server_side=True) if context else plain as line:
                said = _whole(line)
                found.heard.append(said)
                found.answer(line, len(found.heard) - 1)
        except OSError:
            pass  # whoever called went away: that is what some tests want

    def serve() -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            found.knocks += 1
            threading.Thread(target=one, args=(line,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for callers
        server.close()
