"""The honest sentence under every answer of the outer zone: kept here, read there or not, and how late the inside is.

Limits: hours and minutes are those of the machine's own time zone.
"""

from __future__ import annotations

from datetime import UTC, datetime

from firstminute.app.border.link import Link
from firstminute.app.messages import LANGUAGES, sentence

MINUTE_S = 60.0


def kept_banner(kept_s: float, link: Link, read_s: float | None = None) -> dict[str, str]:
    """Language → the sentence about one thing that was kept."""
    params = {"kept": clock_of(kept_s), "read": clock_of(read_s) if read_s is not None else ""}
    key = "border.kept" if read_s is None else "border.read"
    return {
        language: f"{sentence(language, key, params)} {delay_text(link, language)}" for language in LANGUAGES
    }


def banner(link: Link) -> dict[str, str]:
    """Language → the sentence over every page of a member."""
    return {language: delay_text(link, language) for language in LANGUAGES}


def delay_text(link: Link, language: str) -> str:
    """How late the inside is, in words."""
    age_s = link.age_s
    params = {"seconds": round(age_s), "minutes": round(age_s / MINUTE_S)}
    if link.cut:
        return sentence(language, "border.cut", params)
    return sentence(language, "border.late_minutes" if age_s >= 2 * MINUTE_S else "border.late", params)


def clock_of(at_s: float) -> str:
    """Hours and minutes on this machine's clock."""
    return datetime.fromtimestamp(at_s, UTC).astimezone().strftime("%H:%M")
