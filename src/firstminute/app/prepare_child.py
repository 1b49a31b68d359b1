"""The process that makes a register file ready for import: the file comes in on its input, frames go out on its output.

Idea: a process of its own starts with an interpreter's cold imports, and whoever imports a file waits for them; so this module needs nothing of the service but
the readers of registers. A frame is a length and a pickle: rows in their parts with the record that the desk keeps, or the errors, and the digest at the end.
Limits: started by `app.prepare` alone, which reads the frames.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
from typing import IO, Any

from firstminute.flow.registers import told
from firstminute.model.encoding import decode
from firstminute.model.records import KEYS, TABLES, Record
from firstminute.store.import_export import read_rows
from firstminute.store.registers import Digest, Parts, parts_of
from firstminute.store.snapshots import RecordPickler

PIECE = 500
LENGTH = struct.Struct("<Q")


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
