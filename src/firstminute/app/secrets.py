"""Bearer tokens: one per role, made at first start, shown once, kept as a hash; more of them for crews, teams and devices.

Idea (trust.md finding 8): there is no default password and no listener without authentication. Tokens are 256 random bits; the file that
the service reads holds only their hashes, the file with the tokens themselves is readable by the owner alone and is meant to be read once
and deleted. A crew, a team or a device gets a token that names it (`firstminute token add`), for ever or for some days; those of the first start name
nobody and so speak for nobody. A token is rotated without a gap: the new one works at once, the old one for a while longer. A running
service sees a change of the file within a second.
Limits: a token stands for a role and a place; people sign in with accounts and two factors (`store.accounts`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from firstminute.model.envelope import Actor

ROLES = (
    "dispatcher",
    "commander",
    "patrol",
    "lead",
    "member",
    "resident",
    "partner",
    "device",
    "auditor",
    "admin",
)
FIELDS = ("id", "role", "unit_id", "team_id", "seat", "district")
LOOK_EVERY_S = 0.5
HASHES = "tokens.json"
SHOWN_ONCE = "tokens-first-start.txt"


class Tokens:
    """Who holds a token. Implements what `api.auth` asks.

    Parameters
    ----------
    folder : holds `tokens.json`; it and the tokens are made where it is missing
    roles : for whom, then
    """

    def __init__(self, folder: Path, roles: Sequence[str] = ROLES) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / HASHES
        self.fresh: dict[str, str] = {}
        self._actors: dict[str, Actor] = {}
        self._until_s: dict[str, float] = {}
        self._read_stamp, self._looked_s = (0, 0), 0.0
        if not self._path.exists():
            self.fresh = {role: secrets.token_urlsafe(32) for role in roles}
            kept = {_hashed(token): {"id": role, "role": role} for role, token in self.fresh.items()}
            _write(folder / SHOWN_ONCE, "".join(f"{role}\t{token}\n" for role, token in self.fresh.items()))
            _write(self._path, json.dumps(kept, indent=1))
        self._read()

    def find(self, token: str) -> Actor | None:
        """The actor of a token, None where it is unknown. What is looked up is a hash, which nobody can steer: its timing tells nothing."""
        if time.monotonic() - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = time.monotonic()
            try:
                if self._stamp() != self._read_stamp:
                    self._read()
            except (OSError, ValueError):
                pass  # the file is gone or half written: what was read last stands until it can be read again
        hashed = _hashed(token)
        until_s = self._until_s.get(hashed)
        return self._actors.get(hashed) if until_s is None or time.time() < until_s else None

    def holds(self, token: str) -> Actor | None:
        """The same; a token does not idle."""
        return self.find(token)

    def locked(self, token: str) -> str:
        """A device's token never locks."""
        return ""

    def acted(self, token: str) -> None:
        """Nobody asks when a device last did something."""

    def everybody(self) -> list[Actor]:
        """Who holds a token, by id."""
        return sorted(self._actors.values(), key=lambda actor: (actor.role, actor.id))

    def until_s_of(self, actor_id: str) -> list[float | None]:
        """When each token of an actor ends, seconds since 1970; None where it does not."""
        return [self._until_s.get(hashed) for hashed, actor in self._actors.items() if actor.id == actor_id]

    def add(self, actor: Actor, *, lasts_s: float | None = None) -> str:
        """A new token for an actor, for ever or for a time; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        until_s = {} if lasts_s is None else {_hashed(token): time.time() + lasts_s}
        self._change(lambda actors: {**actors, _hashed(token): actor}, until_s)
        return token

    def rotate(self, actor_id: str, *, overlap_s: float, lasts_s: float | None = None) -> str | None:
        """A new token for whoever holds one; the old ones end after the overlap. None where nobody of that id holds one."""
        token = secrets.token_urlsafe(32)
        until_s = {} if lasts_s is None else {_hashed(token): time.time() + lasts_s}

        def change(actors: dict[str, Actor]) -> dict[str, Actor]:
            old = {hashed: actor for hashed, actor in actors.items() if actor.id == actor_id}
            if not old:
                return actors
            ends_s = time.time() + overlap_s
            until_s.update({hashed: min(ends_s, self._until_s.get(hashed, ends_s)) for hashed in old})
            return {**actors, _hashed(token): next(iter(old.values()))}

        return token if self._change(change, until_s) > 0 else None

    def revoke(self, actor_id: str) -> int:
        """Take every token of an actor away; how many there were."""
        return -self._change(
            lambda actors: {hashed: actor for hashed, actor in actors.items() if actor.id != actor_id}
        )

    def _read(self) -> None:
        self._read_stamp, self._looked_s = self._stamp(), time.monotonic()
        found = json.loads(self._path.read_text())
        self._until_s = {
            hashed: float(row.pop("until_s")) for hashed, row in found.items() if "until_s" in row
        }
        self._actors = {hashed: Actor(**row) for hashed, row in found.items()}

    def _stamp(self) -> tuple[int, int]:
        self._looked_s = time.monotonic()
        found = self._path.stat()
        return found.st_ino, found.st_mtime_ns

    def _change(
        self,
        change: Callable[[dict[str, Actor]], dict[str, Actor]],
        until_s: Mapping[str, float] | None = None,
    ) -> int:
        """Change the file as it is now, one process at a time; how many tokens more there are. `until_s`: when some of them end."""
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._read()
            before, self._actors = len(self._actors), change(self._actors)
            self._until_s.update(until_s or {})
            kept = {
                hashed: {name: getattr(actor, name) for name in FIELDS}
                | ({"until_s": self._until_s[hashed]} if hashed in self._until_s else {})
                for hashed, actor in self._actors.items()
            }
            _write(self._path, json.dumps(kept, indent=1))
            self._read_stamp = self._stamp()
        return len(self._actors) - before


def _hashed(token: str) -> str:
    """Tokens have 256 random bits, so a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _write(path: Path, text: str) -> None:
    """Whole and readable by the owner alone, or not at all."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
