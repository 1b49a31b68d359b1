"""Bearer tokens: one per role, made at first start, shown once, kept as a hash.

Idea (trust.md finding 8): there is no default password and no listener without authentication. Tokens are 256 random bits; the file that
the service reads holds only their hashes, the file with the tokens themselves is readable by the owner alone and is meant to be read once
and deleted.
Limits: a token stands for a role; accounts with two factors come next.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
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
HASHES = "tokens.json"
SHOWN_ONCE = "tokens-first-start.txt"


class Tokens:
    """Who holds a token. Implements what `api.auth` asks.

    Parameters
    ----------
    folder : holds `tokens.json`; it and the tokens are made where it is missing
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / HASHES
        self.fresh: dict[str, str] = {}
        if not self._path.exists():
            self.fresh = {role: secrets.token_urlsafe(32) for role in ROLES}
            kept = {_hashed(token): {"id": role, "role": role} for role, token in self.fresh.items()}
            _write(folder / SHOWN_ONCE, "".join(f"{role}\t{token}\n" for role, token in self.fresh.items()))
            _write(self._path, json.dumps(kept, indent=1))
        self._actors = {
            hashed: Actor(**found) for hashed, found in json.loads(self._path.read_text()).items()
        }

    def find(self, token: str) -> Actor | None:
        """The actor of a token, None where it is unknown. What is looked up is a hash, which nobody can steer: its timing tells nothing."""
        return self._actors.get(_hashed(token))

    def add(self, actor: Actor) -> str:
        """A new token for an actor; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        self._actors = {**self._actors, _hashed(token): actor}
        self._save()
        return token

    def revoke(self, actor_id: str) -> int:
        """Take every token of an actor away; how many there were."""
        left = {hashed: actor for hashed, actor in self._actors.items() if actor.id != actor_id}
        gone = len(self._actors) - len(left)
        self._actors = left
        self._save()
        return gone

    def _save(self) -> None:
        fields = ("id", "role", "unit_id", "team_id", "seat", "district")
        kept = {
            hashed: {name: getattr(actor, name) for name in fields} for hashed, actor in self._actors.items()
        }
        _write(self._path, json.dumps(kept, indent=1))


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
