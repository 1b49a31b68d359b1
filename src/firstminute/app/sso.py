"""Single sign-on by OpenID Connect: off to the city's own directory and back, with a code, PKCE, state and nonce.

Idea: the page asks us where to go, goes there, and brings back code and state; we fetch the ID token ourselves and believe nothing that its issuer did not sign
for us, for this very question. What is asked is kept in memory, once (`store.challenges`). Every request goes to hosts that the issuer's own description
names, over TLS (plain on this machine alone), without following redirects, bounded in time and size.
Source: OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9700; Authlib does the code flow, joserfc the signatures.
Limits: one issuer; signing out there does not sign out here (sessions are short, and `made` accounts follow their groups at each sign-on).
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.base import OAuth2Error
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from firstminute.app.transport import TransportRefused, is_loopback
from firstminute.model.errors import Refused
from firstminute.store.challenges import Challenges

WITHIN_S = 5.0
ANSWER_MOST = 1_000_000
KNOWN_FOR_S = 3_600.0
KEYS_AGAIN_S = 30.0
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
CLOCKS_APART_S = 60
SEVERAL = "mfa"
"""RFC 8176: the directory asked for more than one factor."""


class SignOnRefused(TransportRefused):
    """The settings of single sign-on cannot be, and the service does not start."""

    def __init__(self, reason: str) -> None:
        super().__init__("sso_unfit", reason=reason)


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is in the directory. `linking`: the account that asked to be linked, None at a sign-in."""

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...]
    several: bool
    linking: str | None


class SignOn:
    """The way to one issuer and back.

    Parameters
    ----------
    issuer, client_id : ours with the directory
    secret : file of the client secret; None for a public client
    groups : the claim that lists groups
    """

    def __init__(self, issuer: str, client_id: str, secret: Path | None, groups: str) -> None:
        if not client_id:
            raise SignOnRefused("oidc_client_id is missing")
        _safe(issuer, issuer)
        self.issuer, self._client_id, self._groups = issuer.rstrip("/"), client_id, groups
        self._secret = secret.read_text().strip() if secret is not None else None
        self._asked = Challenges()
        self._about: tuple[float, Mapping[str, Any]] = (float("-inf"), {})
        self._keys: tuple[float, KeySet | None] = (float("-inf"), None)

    @property
    def name(self) -> str:
        """What the page calls it."""
        return urlsplit(self.issuer).hostname or self.issuer

    def begin(self, redirect_uri: str, *, linking: str | None = None) -> dict[str, str]:
        """Where the browser goes, and the state that it must bring back. Raises Refused("sso_unreachable")."""
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
        state = self._asked.ask("sso", note=(verifier, nonce, redirect_uri, linking)).hex()
        client = self._client(redirect_uri, state)
        url, _ = client.create_authorization_url(
            self._end("authorization_endpoint"), state=state, code_verifier=verifier, nonce=nonce
        )  # fmt: skip
        return {"url": str(url), "state": state}

    def finish(self, code: str, state: str) -> Person:
        """Who came back. Raises Refused: sso_failed, sso_unreachable."""
        try:
            asked = self._asked.take("sso", question=bytes.fromhex(state))
        except ValueError:
            asked = None
        if asked is None:
            raise Refused("sso_failed")
        verifier, nonce, redirect_uri, linking = asked[1]
        try:
            token = self._client(redirect_uri, state).fetch_token(
                self._end("token_endpoint"), code=code, code_verifier=verifier, timeout=WITHIN_S, allow_redirects=False
            )  # fmt: skip
        except (OAuthError, OAuth2Error, ValueError):
            raise Refused("sso_failed") from None
        except requests.RequestException:
            raise Refused("sso_unreachable") from None
        claims = self._claims(str(token.get("id_token", "")), nonce)
        groups = claims.get(self._groups, ())
        several = claims.get("amr", ())
        return Person(
            issuer=self.issuer,
            subject=str(claims["sub"]),
            name=str(claims.get("preferred_username") or claims.get("name") or ""),
            groups=_words(groups),
            several=SEVERAL in _words(several),
            linking=linking,
        )

    def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """What the issuer signed for us and for this question; a key we do not know is asked for once more."""
        for again in (False, True):
            try:
                decoded = jwt.decode(token, self._key_set(again=again), algorithms=ALGORITHMS)
                jwt.JWTClaimsRegistry(
                    leeway=CLOCKS_APART_S,
                    iss={"essential": True, "value": self.issuer},
                    aud={"essential": True, "value": self._client_id},
                    exp={"essential": True},
                    iat={"essential": True},
                    sub={"essential": True},
                    nonce={"essential": True, "value": nonce},
                ).validate(decoded.claims)
            except (JoseError, ValueError, KeyError, TypeError):
                if again:
                    raise Refused("sso_failed") from None
                continue
            claims: Mapping[str, Any] = decoded.claims
            several_readers = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
            if claims.get("azp", None if several_readers else self._client_id) != self._client_id:
                raise Refused("sso_failed")
            return claims
        raise Refused("sso_failed")

    def _client(self, redirect_uri: str, state: str) -> OAuth2Session:
        return OAuth2Session(
            self._client_id, self._secret, scope="openid profile", redirect_uri=redirect_uri, state=state,
            code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
        )  # fmt: skip

    def _end(self, which: str) -> str:
        """One of the issuer's addresses, from its own description."""
        said_s, about = self._about
        if time.monotonic() - said_s > KNOWN_FOR_S:
            about = self._get(f"{self.issuer}/.well-known/openid-configuration")
            if str(about.get("issuer", "")).rstrip("/") != self.issuer:
                raise Refused("sso_unreachable")
            self._about = time.monotonic(), about
        try:
            return _safe(str(about.get(which, "")), self.issuer)
        except SignOnRefused:
            raise Refused("sso_unreachable") from None

    def _key_set(self, *, again: bool) -> KeySet:
        read_s, keys = self._keys
        old_s = time.monotonic() - read_s
        if keys is None or old_s > KNOWN_FOR_S or (again and old_s > KEYS_AGAIN_S):
            keys = KeySet.import_key_set(self._get(self._end("jwks_uri")))  # type: ignore[arg-type]  # what does not fit is a ValueError
            self._keys = time.monotonic(), keys
        return keys

    def _get(self, url: str) -> dict[str, Any]:
        try:
            with requests.get(url, timeout=WITHIN_S, allow_redirects=False, stream=True) as answer:
                content = answer.raw.read(ANSWER_MOST + 1, decode_content=True)
                if answer.status_code != 200 or len(content) > ANSWER_MOST:
                    raise Refused("sso_unreachable")
                found = json.loads(content)
        except (requests.RequestException, ValueError, OSError):
            raise Refused("sso_unreachable") from None
        if not isinstance(found, dict):
            raise Refused("sso_unreachable")
        return found


def _safe(url: str, issuer: str) -> str:
    """The address itself. Raises SignOnRefused unless it is over TLS, or on this machine where the issuer is."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and is_loopback(parts.hostname or "") and issuer.startswith("http://")
    if not parts.hostname or parts.username or (parts.scheme != "https" and not local):
        raise SignOnRefused(f"not over TLS: {url[:200]}")
    return url


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    found: Sequence[object] = value if isinstance(value, (list, tuple)) else ()
    return tuple(str(each) for each in found[:500])
