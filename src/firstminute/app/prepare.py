"""A register file made ready for import, in a process of its own: read, checked, and cut into pieces that the service can take in passing.

Idea: reading and checking hundreds of thousands of rows keeps an interpreter busy for many seconds; beside the desk it keeps another one busy. `main`
is that process: the file comes in on its input, frames go out (a length, then a pickle): rows in their parts with the record the desk keeps, or the
errors, and the digest at the end. `Prepared` is the service's end of it. Limits: what is pickled comes from our own child alone.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import IO, Any

from firstminute.api.ports import ImportFailed
from firstminute.flow.registers import told
from firstminute.model.encoding import decode
from firstminute.model.records import KEYS, TABLES, Record
from firstminute.store.import_export import read_rows
from firstminute.store.registers import Digest, Parts, parts_of
from firstminute.store.snapshots import RecordPickler

PIECE = 500
LENGTH = struct.Struct("<Q")
CHILD = "import sys; from firstminute.app.prepare import main; main(*sys.argv[1:])"


def main(table: str, form: str, datum: str, check_only: str) -> None:
    """Read a file from standard input, write frames to standard output."""
    os.nice(10)
    rows, errors = read_rows(table, form, sys.stdin.buffer.read(), datum)
    out = sys.stdout.buffer
    if errors or not rows:
        said = [each.plain() for each in errors] or [{"row": 0, "field": "", "problem": "no_rows"}]
        _send(out, ("errors", said))
        return
    digest = Digest()
    for start in range(0, len(rows) if not check_only else 0, PIECE):
        piece: list[tuple[Parts, Record]] = []
        for row in rows[start : start + PIECE]:
            parts = parts_of(table, str(row[KEYS[table]]), row)
            digest.add(parts[1])
            piece.append(
                (parts, told(table, decode(TABLES[table], row)))
            )  # names and phones go no further than the vault
        _send(out, ("rows", piece))
    _send(out, ("end", (len(rows), digest.hexdigest())))


def _send(out: IO[bytes], said: Any) -> None:
    held = io.BytesIO()
    RecordPickler(held, protocol=pickle.HIGHEST_PROTOCOL).dump(said)
    data = held.getvalue()
    out.write(LENGTH.pack(len(data)))
    out.write(data)
    out.flush()


class Prepared:
    """What a child of `main` makes of a file; use as a context and read `pieces` to the end.

    Attributes
    ----------
    errors : what is wrong with the file, row by row; then there are no pieces
    count, digest : of all rows, known at the end
    """

    def __init__(
        self, table: str, form: str, data: bytes, *, datum: str = "wgs84", check_only: bool = False
    ) -> None:
        words = (table, form, datum, "check" if check_only else "")
        self._process = subprocess.Popen(
            [sys.executable, "-c", CHILD, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._data = data
        self.errors: list[dict[str, Any]] = []
        self.count, self.digest = 0, ""

    def pieces(self) -> Iterator[list[tuple[Parts, Record]]]:
        """Rows in their parts, each with its record, some hundreds at a time. Raises ImportFailed."""
        said, told_us = self._process.stdin, self._process.stdout
        assert said is not None and told_us is not None
        try:
            said.write(self._data)
            said.close()
        except BrokenPipeError:
            raise ImportFailed("the file was not read to its end") from None
        self._data = b""
        while True:
            head = told_us.read(LENGTH.size)
            if len(head) < LENGTH.size:
                raise ImportFailed("the process ended early")
            kind, value = pickle.loads(told_us.read(LENGTH.unpack(head)[0]))
            if kind == "rows":
                yield value
                continue
            if kind == "errors":
                self.errors = value
            else:
                self.count, self.digest = value
            return

    def __enter__(self) -> Prepared:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass  # it is gone: that is what is wanted
        self._process.kill()
        self._process.wait()
