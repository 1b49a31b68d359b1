"""The outer zone's own letters to a venue's people, shaped as the desk's are: a code, parameters and advice, put into words when they are shown.

Idea: pure functions of what came out of the inside (standing order, kind of incident) and whom we alert. Whoever may not know the kind of an incident reads
"help needed"; whoever may not be asked towards danger reads "keep away". Limits: two letters, alert and keep away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from firstminute.app.ids import new_id
from firstminute.app.messages import LANGUAGES, sentence
from firstminute.respond.safety import to_people_around, to_responders

KEEP_AWAY_LASTS_S = 600.0


def alert_letters(
    order: Mapping[str, Any],
    kind: Mapping[str, Any],
    asks: Sequence[Mapping[str, Any]],
    *,
    silent: bool,
    language: str,
) -> list[dict[str, Any]]:
    """One letter for each alert."""
    languages = {person["id"]: person["language"] for person in order.get("people", ())}
    protect = ["advice.protect_separate_evacuate", "advice.you_choose"] if kind["shut"] else []
    return [
        {
            **_about(order, kind, ask["alert_id"]), "id": ask["alert_id"], "to": ask["responder_id"], "reason": "alert", "about": ask["alert_id"],
            "code": "alert", "expires_s": ask["expires_s"], "silent": silent or kind["gentle"],
            "more": [*protect, *(f"advice.{code}" for code in to_responders(kind["advice"]))], "language": languages.get(ask["responder_id"]) or language,
        }
        for ask in asks
    ]  # fmt: skip


def keep_away_letters(
    order: Mapping[str, Any],
    kind: Mapping[str, Any],
    people: Sequence[Mapping[str, Any]],
    *,
    now_s: float,
    language: str,
) -> list[dict[str, Any]]:
    """One letter for each of those who may not be asked."""
    found = []
    for person in people:
        letter_id = new_id()
        found.append(
            {
                **_about(order, kind, letter_id), "id": letter_id, "to": person["id"], "reason": "keep_away", "about": letter_id, "code": "keep_away",
                "expires_s": now_s + KEEP_AWAY_LASTS_S, "silent": False, "more": [f"advice.{code}" for code in to_people_around(kind["advice"])],
                "language": person["language"] or language,
            }
        )  # fmt: skip
    return found


def _about(order: Mapping[str, Any], kind: Mapping[str, Any], letter_id: str) -> dict[str, Any]:
    shown = "help_needed" if kind["restricted"] else kind["code"]
    params = {
        "label": letter_id[-4:].upper(),
        "type": f"@type.{shown}",
        "place": order.get("name") or "@message.place_unknown",
        "seconds": 0,
    }
    return {"channel": "page", "exercise": False, "params": params, "alone": True}


def texts_of(message: Mapping[str, Any], now_s: float) -> dict[str, str]:
    """The words of a letter now in each language: a page takes those of the language that it is read in."""
    return {language: text_of(message, now_s, language) for language in LANGUAGES}


def text_of(message: Mapping[str, Any], now_s: float, language: str | None = None) -> str:
    """The words of a letter now, in its recipient's language or another: the seconds that are left are counted when it is shown."""
    params = dict(message.get("params") or {})
    language = language or str(message.get("language") or "en")
    if "seconds" in params:
        params["seconds"] = max(0, round(float(message["expires_s"]) - now_s))
    said = {
        name: sentence(language, value[1:]) if isinstance(value, str) and value.startswith("@") else value
        for name, value in params.items()
    }
    lines = [sentence(language, f"message.{message['code']}", said)]
    return " ".join([*lines, *(sentence(language, key) for key in message.get("more") or ())])
