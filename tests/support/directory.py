"""A city's own directory for tests: a small OpenID provider that speaks real HTTP and lies on demand.

Idea: it asks nobody for a password, but checks what a provider must check (client secret, code once, redirect address, PKCE), so that a client which leaves
something out gets nothing. What it says of a person, and what is wrong with its tokens, are attributes that a test sets.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

CLIENT, SECRET = "firstminute", "s3cret of the client"


@dataclass
class Directory:
    """What it knows and how it lies. `claims`: added to each ID token; `wrong`: none, signature, key, none_alg, hs256."""

    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "u1", "name": "Wang", "groups": []})
    wrong: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))
    issuer: str = ""
    described_as: str = ""
    end: str = ""

    def description(self) -> dict[str, Any]:
        """What `/.well-known/openid-configuration` says."""
        at = self.end or self.issuer
        return {
            "issuer": self.described_as or self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{at}/token",
            "jwks_uri": f"{self.issuer}/keys", "response_types_supported": ["code"], "id_token_signing_alg_values_supported": ["ES256"],
        }  # fmt: skip

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert (
            query["response_type"] == "code" and query["client_id"] == CLIENT and "openid" in query["scope"]
        )
        assert (
            query["code_challenge_method"] == "S256"
            and len(query["nonce"]) >= 32
            and len(query["state"]) >= 32
        )
        self.asked.append(query)
        code = secrets.token_urlsafe(24)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Tokens for a code, None where anything is wrong with the request."""
        query = self.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        right = (
            query is not None
            and authorization == f"Basic {basic}"
            and form.get("redirect_uri") == query["redirect_uri"]
            and base64.urlsafe_b64encode(challenge).decode().rstrip("=") == query["code_challenge"]
        )
        if not right or query is None:
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": query["nonce"]}
        return {
            "access_token": "x",
            "token_type": "Bearer",
            "id_token": self._signed({**claims, **self.claims}),
        }

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.wrong == "none_alg":
            return f"{_part({'alg': 'none'})}.{_part(claims)}."
        if self.wrong == "hs256":
            public = json.dumps(self.key.as_dict(private=False))
            return jwt.encode({"alg": "HS256", "kid": self.key.kid}, claims, OctKey.import_key(public))
        key = ECKey.generate_key("P-256") if self.wrong == "key" else self.key
        token: str = jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, key)
        if self.wrong == "signature":
            head, _, tail = token.split(".")
            return f"{head}.{_part({**claims, 'sub': 'somebody else'})}.{tail}"
        return token


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@contextmanager
def directory() -> Iterator[Directory]:
    """A directory that listens."""
    found = Directory()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            if path == "/.well-known/openid-configuration":
                self.say(found.description())
            elif path == "/keys":
                self.say({"keys": [found.key.as_dict(private=False)]})
            elif path == "/authorize":
                self.send_response(302)
                self.send_header(
                    "location", found.authorize({name: values[0] for name, values in query.items()})
                )
                self.end_headers()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            tokens = found.token(form, self.headers.get("authorization", ""))
            self.say(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

        def say(self, value: dict[str, Any], status: int = 200) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
