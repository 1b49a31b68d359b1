"""A carrier that speaks HTTPS: the inside calls the outside, never the other way round, and both say what they have in one exchange.

Idea: one request a second carries what goes out and comes back with what came in; the batches are signed, so the connection itself is believed no
further than TLS and a token take it. One address, named by the operator, no redirects, no proxy, its certificate checked against
the authority that the operator names. This is the only module of the service that calls anybody. Limits: one connection at a time, `WITHIN_S` an exchange.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from firstminute.app.border.link import Link
from firstminute.app.transport import TransportRefused, is_loopback
from firstminute.store.border_in import Do
from firstminute.store.border_wire import BATCH_MOST
from firstminute.store.errors import NotDurable

LOG = logging.getLogger("firstminute.border")
EVERY_S, SLOWEST_S, WITHIN_S = 1.0, 30.0, 60.0
SAY_EVERY = 30


class PullCarrier:
    """Exchanges batches with one address.

    Parameters
    ----------
    address : https://host:port of the zone outside; http only on this machine itself
    token_file : holds the token of role border that the zone outside gave us
    authority : PEM of who signs its certificate; None = the machine's own list

    Raises
    ------
    TransportRefused : an address that would send a token in plain text, or a file that is not there
    """

    def __init__(
        self, link: Link, address: str, token_file: Path, do: Do, *, authority: Path | None = None
    ) -> None:
        self._link, self._do = link, do
        found = urlsplit(address)
        self._host, self._port = found.hostname or "", found.port
        if found.scheme not in ("https", "http") or not self._host or found.path not in ("", "/"):
            raise TransportRefused("border_address", address=address)
        if found.scheme == "http" and not is_loopback(self._host):
            raise TransportRefused("border_address", address=address)
        try:
            self._token = token_file.read_text(encoding="ascii").strip()
            self._context = ssl.create_default_context(cafile=authority) if found.scheme == "https" else None
        except OSError as problem:
            raise TransportRefused("no_file", path=problem.filename or token_file) from problem
        self.failures = 0

    async def run(self) -> None:
        """Exchange once a second, more seldom where nobody answers, until cancelled."""
        failed = 0
        while True:
            try:
                more = await asyncio.to_thread(self.exchange)
                failed = 0
            except (OSError, http.client.HTTPException, NotDurable, ValueError) as problem:
                more, failed = False, failed + 1
                self.failures += 1
                if failed % SAY_EVERY == 1:
                    LOG.error(
                        "no exchange with the zone outside (%d in a row): %s", failed, type(problem).__name__
                    )
            except Exception:  # whatever it is, what waits here and there is exchanged again
                LOG.exception("an exchange with the zone outside failed")
                more, failed = False, failed + 1
            await asyncio.sleep(
                0.0 if more else min(SLOWEST_S, EVERY_S * 2.0 ** min(failed, 5)) if failed else EVERY_S
            )

    def exchange(self) -> bool:
        """Bring what waits, take what waits there; True where there is more.

        Raises
        ------
        OSError, http.client.HTTPException : nobody answered, or not in time
        ValueError : an answer that is none
        """
        data, _ = self._link.speak()
        connection = self._connect()
        try:
            headers = {"authorization": f"Bearer {self._token}", "content-type": "application/octet-stream"}
            connection.request("POST", "/border", body=data, headers=headers)
            answer = connection.getresponse()
            came = answer.read(BATCH_MOST + 1)
            if answer.status != 200:
                raise ValueError(f"status {answer.status}")
        finally:
            connection.close()
        found = self._link.hear(came, self._do)
        return bool(found.run)

    def _connect(self) -> http.client.HTTPConnection:
        if self._context is not None:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=WITHIN_S, context=self._context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=WITHIN_S)
