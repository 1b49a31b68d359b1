"""How bytes come in: over TLS that ends here, over TLS that a reverse proxy ends, or plain on this machine alone; never otherwise.

Idea: a token or a caller's words on an open network belong to whoever listens there. So the service refuses to listen on anything but loopback without
TLS, unless a setting says that a proxy ends it. Certificates are read again when their files change: renewing one needs no restart, and a pair that does
not fit leaves the old one in use and says so in `/health`. Where staff have cards, TLS that ends here asks for a certificate and takes none as well; a proxy
shows it by a header that it signs with a key of ours. Limits: TLS 1.2 and newer; a card whose time is over fails in TLS, so its holder must not choose it.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from firstminute.app import certificates
from firstminute.app.settings import Settings

LOG = logging.getLogger("firstminute.transport")
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: forward secrecy and authenticated encryption; those of TLS 1.3 all are."""
PROXY_KEY_LEAST = 32
SOON_S = 14 * 86_400.0
LOOK_EVERY_S = 10.0
SAY_EVERY_S = 86_400.0


class TransportRefused(Exception):
    """The service may not listen like this. `code`, `params`: the sentence in the catalogue."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class Transport:
    """What stands between the service and the network.

    Attributes
    ----------
    context : for uvicorn; None where TLS does not end here

    Raises
    ------
    TransportRefused : not loopback and no TLS, half a pair, or files that do not serve
    """

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self._now, self._said_s = now, float("-inf")
        self._problem: str | None = None
        self.behind_proxy = settings.behind_proxy
        self.proxy_key = _shared(settings) if settings.proxy_key is not None else None
        self.context: ssl.SSLContext | None = None
        if (settings.tls_certificate is None) != (settings.tls_key is None):
            raise TransportRefused("half_a_pair")
        if settings.tls_certificate is not None and settings.tls_key is not None:
            self._pair = settings.tls_certificate, settings.tls_key
            self.context = empty_context()
            self._authorities = settings.staff_card_authorities
            self._stamp = self._stamped()
            self._about = self._load(self.context)
        elif settings.staff_card_authorities is not None and settings.proxy_key is None:
            raise TransportRefused("cards_without_tls")
        elif not settings.behind_proxy and not is_loopback(settings.host):
            raise TransportRefused("open_network", host=settings.host)

    @property
    def secure(self) -> bool:
        """True where everybody outside this machine speaks TLS: answers then say that nothing else may be spoken."""
        return self.context is not None or self.behind_proxy

    @property
    def scheme(self) -> str:
        """How this process is spoken to."""
        return "https" if self.context is not None else "http"

    def health(self) -> dict[str, Any]:
        """What `/health` says: where TLS ends, until when the certificate is valid, and whether it must be renewed now."""
        if self.context is None:
            return {"ends": "proxy" if self.behind_proxy else "nowhere"}
        left_s = self._about.until_s - self._now()
        return {
            "ends": "here",
            "until_s": self._about.until_s,
            "days_left": round(left_s / 86_400.0, 1),
            "renew_now": self._soon(),
            "problem": self._problem,
        }

    async def follow(self) -> None:
        """Read the certificate again whenever its files change, and say when it must be renewed; until cancelled."""
        while self.context is not None:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """One look at the files and at the date."""
        assert self.context is not None
        try:
            stamp = self._stamped()
            if stamp != self._stamp:
                self._load(empty_context())  # a pair that does not fit would spoil the context in use
                self._about, self._stamp, self._problem = self._load(self.context), stamp, None
                LOG.warning("the certificate was read again: %s", self._about.fingerprint)
        except TransportRefused as refused:
            if self._problem != refused.code:
                LOG.error("the new certificate does not serve (%s), the old one stays in use", refused.code)
            self._problem = refused.code
        if self._soon() and self._now() - self._said_s >= SAY_EVERY_S:
            self._said_s = self._now()
            LOG.error("the certificate must be renewed, days left: %.1f", self.health()["days_left"])

    def _soon(self) -> bool:
        """Two weeks before the end, or in the last third of one that is valid for a shorter time."""
        lasts_s = self._about.until_s - self._about.from_s
        return self._about.until_s - self._now() < min(SOON_S, lasts_s / 3)

    def _stamped(self) -> tuple[tuple[int, int], ...]:
        try:
            paths = (*self._pair, *([self._authorities] if self._authorities else []))
            return tuple((found.st_ino, found.st_mtime_ns) for found in (path.stat() for path in paths))
        except OSError as problem:
            raise TransportRefused("no_file", path=problem.filename) from problem

    def _load(self, context: ssl.SSLContext) -> certificates.About:
        certificate, key = self._pair
        try:
            if key.stat().st_mode & 0o007:
                raise TransportRefused("key_is_open", path=key)
            context.load_cert_chain(certificate, key, password="")
            if self._authorities is not None:
                _ask_for_cards(context, self._authorities)
            return certificates.about(certificate.read_bytes())
        except ssl.SSLError as problem:
            raise TransportRefused("no_pair", certificate=certificate, key=key) from problem
        except OSError as problem:
            raise TransportRefused("no_file", path=problem.filename or key) from problem
        except ValueError as problem:
            raise TransportRefused("no_certificate", path=certificate) from problem


def empty_context() -> ssl.SSLContext:
    """A server's context without a certificate: TLS 1.2 and newer, forward secrecy only, no renegotiation."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    return context


def _ask_for_cards(context: ssl.SSLContext, authorities: Path) -> None:
    """A client may show a certificate that one of the authorities issued, and need not show any. Raises TransportRefused."""
    try:
        context.load_verify_locations(cafile=authorities)
    except (ssl.SSLError, OSError) as problem:
        raise TransportRefused("no_authorities", path=authorities) from problem
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_mode = ssl.CERT_OPTIONAL


def _shared(settings: Settings) -> bytes:
    """The key that we share with a proxy. Raises TransportRefused."""
    assert settings.proxy_key is not None
    try:
        key = settings.proxy_key.read_bytes().strip()
        open_to_all = settings.proxy_key.stat().st_mode & 0o007
    except OSError as problem:
        raise TransportRefused("no_file", path=settings.proxy_key) from problem
    if not settings.behind_proxy or len(key) < PROXY_KEY_LEAST:
        raise TransportRefused("no_proxy_key", path=settings.proxy_key, least=PROXY_KEY_LEAST)
    if open_to_all:
        raise TransportRefused("key_is_open", path=settings.proxy_key)
    return key


def is_loopback(host: str) -> bool:
    """True where nobody outside this machine can reach an address; a name other than localhost may be anything.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0"), is_loopback("desk.example")
    (True, True, True, False, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address_of(host: str, port: int, scheme: str) -> str:
    """The address to type into a browser.

    >>> address_of("::1", 8135, "https")
    'https://[::1]:8135'
    """
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}"
