"""What an adaptor is told that sends a text message or calls a telephone and reads aloud: one JSON object, signed like a webhook.

Idea: every carrier's own interface (CMPP, SMPP, a cloud's HTTP API) stays outside, in a few lines of the operator's; here is the one shape that they get.
Limits: a 2xx means that the adaptor has taken it and will do it; more is never heard.
"""

from __future__ import annotations

import json
from collections.abc import Mapping


def body_of(message: Mapping[str, object], phone: str, text: str) -> bytes:
    """One message: to whom, what, in which language, until when it is worth sending, and whether somebody is to answer."""
    said = {
        "id": message["id"], "channel": message["channel"], "to": phone, "text": text, "language": message["language"],
        "expires_s": message["expires_s"], "exercise": message["exercise"],
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=True).encode("ascii")
