"""A CAD that speaks by files: what is dropped into a folder becomes calls, and status goes back out.

Idea: the same connector as `PUT /cad/incidents/{external_id}`, for systems that can only write files. `in/` takes `.json` (one record or a list) and
`.csv` (one record a row); a file that was read moves to `done/`, one that could not be read moves to `bad/` with the reason beside it;
`out/status.jsonl` gets a line whenever a record's status changes. A record is known by its external id and its content, so the same file twice
changes nothing. Limits: files are looked for once a second, at most 10 MB each; the writer renames a finished file into place.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from firstminute.api import loose
from firstminute.api.intake import shape_place
from firstminute.app.desk import Desk
from firstminute.app.files import finished, make_folders, set_aside
from firstminute.flow.acks import Ack
from firstminute.flow.state import State
from firstminute.geo.ground import Ground
from firstminute.model.envelope import Actor
from firstminute.respond.partners import status_of

LOG = logging.getLogger("firstminute.cad")
LOOK_EVERY_S = 1.0
FILE_MOST = 10_000_000
RECORDS_MOST = 10_000
FIXED = ("channel", "external_id", "seat", "device_id")
ACTIONS = ("create", "update", "cancel")


class CadFolder:
    """One folder of one partner."""

    def __init__(
        self, desk: Desk, folder: Path, partner: str = "cad", *, ground: Ground | None = None
    ) -> None:
        self._desk, self._folder, self._ground = desk, folder, ground
        self._actor = Actor(id=partner, role="partner")
        self._told: dict[str, str] = {}
        make_folders(folder, "in", "done", "bad", "out")

    async def run(self) -> None:
        """Look for files and tell status, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await asyncio.to_thread(self.look)
            except OSError as problem:
                LOG.error("the CAD folder cannot be read or written: %s", problem)
            except Exception:
                LOG.exception("a pass over the CAD folder failed; the next one comes")

    def look(self) -> int:
        """Take in every waiting file, then write what changed; how many records were taken."""
        taken = 0
        for path in finished(self._folder / "in", (".json", ".csv")):
            try:
                taken += self._take(path)
            except OSError:
                raise
            except Exception:  # one file that breaks us must not stand in the way of all that come after it
                LOG.exception("a file of the CAD folder could not be taken in")
                self._refuse(path, ["it could not be taken in"])
        self._tell()
        return taken

    def _take(self, path: Path) -> int:
        try:
            records = list(read_records(path))
        except ValueError as unreadable:
            self._refuse(path, [str(unreadable)])
            return 0
        problems = [
            f"{number}: {problem}"
            for number, record in enumerate(records, 1)
            if (problem := self._apply(record))
        ]
        if problems:
            self._refuse(path, problems)
        else:
            path.replace(self._folder / "done" / path.name)
        return len(records) - len(problems)

    def _refuse(self, path: Path, problems: list[str]) -> None:
        set_aside(path, self._folder / "bad", problems)

    def _apply(self, record: Mapping[str, Any]) -> str | None:
        """Submit one record; why it was not taken, None where it was."""
        external_id, action = (
            str(record.get("external_id") or "").strip(),
            str(record.get("action") or "update").strip().lower(),
        )
        if not external_id or len(external_id) > 200:
            return "external_id missing or too long"
        if action not in ACTIONS:
            return f"action must be one of {', '.join(ACTIONS)}"
        known = f"{self._actor.id}:{external_id}"
        call_id, incident_id = self._desk.ask(lambda state: _found(state, known)).result(10)
        content = {
            name: value
            for name, value in record.items()
            if name not in ("external_id", "action") and value not in ("", None)
        }
        if action == "cancel":
            if incident_id is None:
                return "unknown record"
            return self._submit(
                "request_cancel", {"incident_id": incident_id, "by": "partner"}, known, content
            )
        try:
            reading = loose.read_call(
                json.dumps(content or {"text": external_id}).encode(), "application/json"
            )
        except loose.Unreadable as unreadable:
            return f"unreadable: {unreadable.problem}"
        arguments = reading.arguments
        occurred_s = arguments.pop("occurred_at", None)
        arguments.pop("answered_at", None)
        shape_place(arguments, self._ground)
        for name in FIXED:
            arguments.pop(name, None)
        if call_id is None:
            arguments.update(channel="cad", external_id=known, problems=reading.problems[:64])
            return self._submit("receive_call", arguments, known, content, occurred_s)
        return self._submit("amend_call", {"call_id": call_id, **arguments}, known, content)

    def _submit(
        self,
        command: str,
        arguments: Mapping[str, Any],
        known: str,
        content: Mapping[str, Any],
        occurred_s: float | None = None,
    ) -> str | None:
        digest = hashlib.sha256(
            json.dumps([command, known, content], sort_keys=True, default=str).encode()
        ).hexdigest()[:32]
        ack: Ack = self._desk.submit(command, arguments, self._actor, digest, occurred_s=occurred_s).result(
            10
        )
        return None if ack.done else str(ack.code)

    def _tell(self) -> None:
        """Append the status of every record of this partner that changed."""
        now = self._desk.ask(lambda state: _statuses(state, f"{self._actor.id}:")).result(10)
        changed = {key: status for key, status in now.items() if self._told.get(key) != status}
        if changed:
            with (self._folder / "out" / "status.jsonl").open("a", encoding="utf-8") as out:
                for key, status in changed.items():
                    out.write(
                        json.dumps(
                            {"external_id": key, "at_s": round(self._desk.now_s(), 3), **json.loads(status)},
                            ensure_ascii=False,
                        )
                        + "\n"
                    )
            self._told.update(changed)


def _found(state: State, known: str) -> tuple[str | None, str | None]:
    call_id = state.respond.external.get(known)
    call = state.respond.calls.get(call_id or "")
    return call_id, call.incident_id if call else None


def _statuses(state: State, prefix: str) -> dict[str, str]:
    """external id → status and disposition, as JSON text."""
    mine = [known for known in state.respond.external if known.startswith(prefix)]
    return {
        known.removeprefix(prefix): json.dumps(status_of(state.respond, known), sort_keys=True)
        for known in mine
    }


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file. Raises ValueError, saying why, for a file that is none."""
    if path.stat().st_size > FILE_MOST:
        raise ValueError(f"larger than {FILE_MOST} bytes")
    text = _decoded(path.read_bytes())
    if path.suffix == ".csv":
        try:
            rows: list[Any] = list(csv.DictReader(io.StringIO(text)))
        except csv.Error as problem:
            raise ValueError(f"not CSV: {problem}") from problem
    else:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError) as problem:
            raise ValueError(f"not JSON: {problem}") from problem
        rows = said if isinstance(said, list) else [said]
    if len(rows) > RECORDS_MOST:
        raise ValueError(f"more than {RECORDS_MOST} records")
    for row in rows:
        if not isinstance(row, dict):
            raise ValueError("a record is not an object")
        yield {str(name): value for name, value in row.items() if name is not None}


def _decoded(data: bytes) -> str:
    for encoding in loose.ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("neither UTF-8 nor GB18030")
