"""A report as the one sequence of characters that its digest is of, so that two who computed it apart can compare sixteen letters.

Idea: JSON with sorted keys, no white space, every character beyond ASCII escaped; times and shares are rounded by the report itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def text_of(report: Mapping[str, Any]) -> str:
    """The report's characters.

    >>> text_of({"b": 1.5, "a": "圈"})
    '{"a":"\\\\u5708","b":1.5}'
    """
    return json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest_of(report: Mapping[str, Any]) -> str:
    """SHA-256 of the report's characters, as hex."""
    return hashlib.sha256(text_of(report).encode("ascii")).hexdigest()
