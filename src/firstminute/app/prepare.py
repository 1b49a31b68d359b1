"""A register file made ready for import, in a process of its own: read, checked, and cut into pieces that the service can take in passing.

Idea: reading and checking hundreds of thousands of rows keeps an interpreter busy for many seconds; beside the desk it keeps another one busy
(`prepare_child`). `Prepared` is the service's end of it. Limits: what is pickled comes from our own child alone.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from firstminute.api.ports import ImportFailed
from firstminute.app.prepare_child import LENGTH
from firstminute.model.records import Record
from firstminute.store.registers import Parts

CHILD = "import sys; from firstminute.app.prepare_child import main; main(*sys.argv[1:])"


class Prepared:
    """What a child makes of a file; use as a context and read `pieces` to the end.

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
