"""The public page of the zone outside: what it keeps goes in with the other calls; what it knows is when it was kept and read.

Idea: the same page and the same receipt code as inside. The digest is this zone's own secret, so a code given outside is asked after outside.
Limits: photos stay inside (no attachment crosses the border), and so do the desk's answers and notices: the page says so.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from firstminute.api.errors import Problem
from firstminute.app.border.outside import Outside
from firstminute.model.envelope import Actor
from firstminute.respond import public


class OutsideReports:
    """Reports of the public page, outside. Implements `api.ports.ReportPort`."""

    takes_files = False
    sees_progress = False

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def stamp(self, data: bytes) -> bytes:
        """A keyed digest of this zone."""
        return hmac.digest(self._outside.salt, b"report " + data, "sha256")

    async def venue(self, venue_id: str) -> Mapping[str, Any] | None:
        """Not known outside: names of venues come over for their own teams alone."""
        return None

    async def progress(self, call_id: str) -> Mapping[str, Any] | None:
        """When it was kept, and when it was read inside."""
        found = self._outside.receipt(call_id)
        if found is None:
            return None
        return {
            "state": public.READ if found["read_inside"] else public.RECEIVED,
            "received_s": found["kept_outside_s"],
            "read_s": found["read_inside_s"],
            "told": [],
        }

    async def notices(self) -> Sequence[Mapping[str, Any]]:
        """None are brought over."""
        return ()

    async def keep_file(self, call_id: str, data: bytes, actor: Actor, command_id: str) -> None:
        """No file crosses the border."""
        raise Problem("not_outside", command="keep_attachment")
