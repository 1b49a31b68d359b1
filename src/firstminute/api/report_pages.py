"""The public page as HTML: small functions that put words into a frame; it works without script, and the script adds to it.

Idea: what has to be read in danger stands first, on every page: the number to call. Every page is whole as the service sends it; `web/src/public` adds a
preview, a map, the phone's place and a recorder where the browser has them. Every text that somebody wrote is escaped here and nowhere else.
Limits: no inline script or style (the policy for content forbids both); the look comes from `/report.css`, and without it the page still reads well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any

from firstminute.api.report_codes import shown
from firstminute.respond.books import LOCAL

LANGUAGES = ("zh-CN", "en")
OTHER = {"zh-CN": ("en", "English"), "en": ("zh-CN", "中文")}
TEXT_MOST = 5_000
SCRIPT_WORDS = (
    "pick_map", "here", "no_here", "picked", "clear", "record", "stop", "recorded", "remove", "map_help", "no_map", "sending", "wait_photo",
)  # fmt: skip
"""Words that the script shows; the page hands them over as data."""
FILE_CODES = frozenset(
    {"attachment_kind", "attachment_broken", "attachment_pixels", "attachment_empty", "too_large", "cut_off"}
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: language, words, the number to call, and what this service can do.

    Attributes
    ----------
    files : photos and voice notes are taken
    follows : what the desk did can be seen here
    bbox : west, south, east, north of the map; None where there is none
    """

    language: str
    say: Callable[[str, Mapping[str, Any]], str]
    number: str
    files: bool
    follows: bool
    bbox: tuple[float, ...] | None

    def t(self, key: str, **params: Any) -> str:
        """A sentence of the page, ready for HTML."""
        return escape(self.say(f"report.{key}", params))

    def name(self, place: Mapping[str, Any]) -> str:
        """A place in the reader's language, ready for HTML."""
        return escape(str((place["name_en"] or place["name"]) if self.language == "en" else place["name"]))


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form: its number, what was said already, the place, and what went wrong."""

    once: str
    filled: Mapping[str, str] = field(default_factory=dict)
    venue: Mapping[str, Any] | None = None
    trouble: str | None = None


def _frame(r: Reader, title: str, body: str, here: str) -> str:
    tag, name = OTHER[r.language]
    links = [("/report", "nav_report"), ("/report/follow", "nav_follow"), ("/report/notices", "nav_notices")]
    nav = "".join(
        f'<a href="{path}?lang={r.language}"{" aria-current=page" if path == here else ""}>{r.t(key)}</a>'
        for path, key in links
    )
    tel = escape(r.number.replace(" ", ""))
    return (
        f'<!doctype html><html lang="{r.language}" data-theme="auto"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<title>{title} · {r.t("title")}</title><link rel="stylesheet" href="/report.css"><link rel="icon" href="/icon.svg" type="image/svg+xml">'
        '<script type="module" src="/report.js"></script></head><body>'
        f'<header><a class="call" href="tel:{tel}"><b>{escape(r.number)}</b><span>{r.t("emergency", number=r.number)}</span></a>'
        f'<nav aria-label="{r.t("nav")}">{nav}<a class="lang" href="{here}?lang={tag}" lang="{tag}" hreflang="{tag}">{name}</a></nav></header>'
        f"<main>{body}</main><footer><p>{r.t('privacy')}</p></footer></body></html>"
    )


def form_page(r: Reader, form: Form, notices: Sequence[Mapping[str, Any]]) -> str:
    """The form, with what was said already and what went wrong."""
    trouble = (
        f'<p class="trouble" role="alert" id="trouble">{r.t("trouble_" + form.trouble, number=r.number)}</p>'
        if form.trouble
        else ""
    )
    notice = (
        f'<p class="notice"><a href="/report/notices?lang={r.language}">{r.t("notices_now", n=len(notices))}</a></p>'
        if notices
        else ""
    )
    asks = "".join((_what(r, form), _where(r, form), _files(r) if r.files else "", _who(r, form)))
    words = "".join(f' data-{key.replace("_", "-")}="{r.t("js_" + key)}"' for key in SCRIPT_WORDS)
    box = f' data-bbox="{",".join(f"{each:.5f}" for each in r.bbox)}"' if r.bbox else ""
    body = (
        f"{notice}<h1>{r.t('heading')}</h1>{trouble}{_readers(r)}"
        f'<form method="post" action="/report?lang={r.language}" enctype="multipart/form-data" accept-charset="utf-8" id="report"{words}{box}>'
        f'<input type="hidden" name="once" value="{escape(form.once)}"><input type="hidden" name="language" value="{r.language}">{asks}'
        f'<button class="primary" type="submit">{r.t("send")}</button><p class="soft" id="status" role="status"></p></form>'
    )
    return _frame(r, r.t("heading"), body, "/report")


def _readers(r: Reader) -> str:
    """Who reads it and when, and who does not."""
    lines = ("who_reads", "when_read", "not_venue")
    return f'<ul class="facts">{"".join(f"<li>{r.t(key)}</li>" for key in lines)}</ul>'


def _what(r: Reader, form: Form) -> str:
    said = escape(form.filled.get("text", ""))
    return (
        f'<label for="text"><b>{r.t("what")}</b> <span class="soft">{r.t("what_help")}</span></label>'
        f'<textarea id="text" name="text" rows="5" maxlength="{TEXT_MOST}">{said}</textarea>'
    )


def _where(r: Reader, form: Form) -> str:
    venue_id = form.filled.get("venue_id", "")
    place = ""
    if venue_id:
        name = r.name(form.venue) if form.venue is not None else r.t("place_code", code=venue_id)
        place = (
            f'<p class="place">{r.t("at")} <b>{name}</b> <a href="/report?lang={r.language}">{r.t("not_here")}</a></p>'
            f'<input type="hidden" name="venue_id" value="{escape(venue_id[:128])}">'
        )
    at = "".join(
        f'<input type="hidden" name="{each}" id="{each}" value="{escape(form.filled.get(each, "")[:32])}">'
        for each in ("lon", "lat")
    )
    return (
        f'<label for="address"><b>{r.t("where")}</b> <span class="soft">{r.t("where_inside" if venue_id else "where_help")}</span></label>{place}'
        f'<input id="address" name="address" maxlength="500" autocomplete="off" value="{escape(form.filled.get("address", ""))}">{at}<div id="place"></div>'
    )


def _files(r: Reader) -> str:
    return (
        f'<label for="photo"><b>{r.t("photo")}</b> <span class="soft">{r.t("photo_help")}</span></label>'
        '<input id="photo" name="photo" type="file" accept="image/jpeg,image/png,image/webp" multiple><div id="photos"></div>'
        f'<label for="voice"><b>{r.t("voice")}</b> <span class="soft">{r.t("voice_help")}</span></label>'
        '<input id="voice" name="voice" type="file" accept="audio/*" capture><div id="recorder"></div>'
    )


def _who(r: Reader, form: Form) -> str:
    given = any(form.filled.get(each) for each in ("caller_name", "caller_phone"))
    fields = "".join(
        f'<label for="{name}">{r.t(key)}</label><input id="{name}" name="{name}" maxlength="{most}" '
        f'autocomplete="{auto}"{more} value="{escape(form.filled.get(name, ""))}">'
        for name, key, most, auto, more in (
            ("caller_name", "name", 100, "name", ""), ("caller_phone", "phone", 30, "tel", ' type="tel" inputmode="tel"'),
        )
    )  # fmt: skip
    return f'<details{" open" if given else ""}><summary>{r.t("who")}</summary><p class="soft">{r.t("who_help")}</p>{fields}</details>'


def receipt_page(r: Reader, code: str, lost: Sequence[str], *, added: bool = False) -> str:
    """It is kept: the code, what comes next, and what could not be kept."""
    refused = ""
    if lost:
        why = "".join(
            f"<li>{r.t('file_' + (each if each in FILE_CODES else 'other'))}</li>"
            for each in dict.fromkeys(lost)
        )
        again = _more(r, code) if r.files else ""
        refused = (
            f'<section class="trouble" role="alert"><p>{r.t("files_lost")}</p><ul>{why}</ul>{again}</section>'
        )
    elif added:
        refused = f'<p class="ok" role="status">{r.t("files_added")}</p>'
    body = (
        f'<h1>{r.t("kept")}</h1><p>{r.t("kept_code")}</p><p class="code"><code>{shown(code)}</code></p><p class="soft">{r.t("kept_help")}</p>{refused}'
        f'<form method="post" action="/report/follow?lang={r.language}"><input type="hidden" name="code" value="{code}">'
        f'<button type="submit">{r.t("follow_now")}</button></form><h2>{r.t("next")}</h2>'
        f"<ol><li>{r.t('next_read')}</li><li>{r.t('next_acts')}</li><li>{r.t('next_answer')}</li></ol><p>{r.t('next_urgent', number=r.number)}</p>"
        f'<p><a href="/report?lang={r.language}">{r.t("another")}</a></p>'
    )
    return _frame(r, r.t("kept"), body, "/report")


def _more(r: Reader, code: str) -> str:
    return (
        f'<form method="post" action="/report/files?lang={r.language}" enctype="multipart/form-data"><input type="hidden" name="code" value="{code}">'
        f'<label for="again">{r.t("files_again")}</label><input id="again" name="photo" type="file" accept="image/jpeg,image/png,image/webp,audio/*" multiple>'
        f'<button type="submit">{r.t("files_send")}</button></form>'
    )


def follow_page(
    r: Reader,
    *,
    asked: str = "",
    found: Mapping[str, Any] | None = None,
    answered: bool = False,
    wait_s: int = 0,
) -> str:
    """A field for the code, and what is known under it: the same lines whether there is such a report or not."""
    said = (
        f'<p class="trouble" role="alert">{r.t("follow_wait", minutes=max(1, -(-wait_s // 60)))}</p>'
        if wait_s
        else ""
    )
    body = (
        f'<h1>{r.t("follow")}</h1>{said}<form method="post" action="/report/follow?lang={r.language}" class="ask"><label for="code"><b>{r.t("code")}</b> '
        f'<span class="soft">{r.t("code_help")}</span></label><input id="code" name="code" maxlength="20" autocomplete="off" autocapitalize="characters" '
        f'spellcheck="false" required value="{escape(asked)}"><button class="primary" type="submit">{r.t("look")}</button></form>'
        f"{_progress(r, found) if answered else ''}"
    )
    return _frame(r, r.t("follow"), body, "/report/follow")


def _progress(r: Reader, found: Mapping[str, Any] | None) -> str:
    state = str(found["state"]) if found else "unknown"
    lines = (("received", found and found["received_s"]), ("read", found and found["read_s"]))
    rows = "".join(f"<div><dt>{r.t(key + '_at')}</dt><dd>{_time(value)}</dd></div>" for key, value in lines)
    told = found["told"] if found else ()
    said = "".join(f"<li><p>{_lines(each['text'])}</p>{_time(each['at_s'])}</li>" for each in reversed(told))
    none = r.t("no_answer" if r.follows else "no_answer_here")
    return (
        f'<section aria-labelledby="state"><h2 id="state" class="state {state}">{r.t("state_" + state)}</h2><p>{r.t("help_" + state, number=r.number)}</p>'
        f"<dl>{rows}</dl><h3>{r.t('answers')}</h3>{f'<ul class=answers>{said}</ul>' if said else f'<p class=soft>{none}</p>'}</section>"
    )


def notices_page(r: Reader, notices: Sequence[Mapping[str, Any]]) -> str:
    """Notices that stand now."""
    items = "".join(
        f"<li><h2>{' · '.join(r.name(place) for place in each['places']) or r.t('near')}</h2>"
        f"<p>{' '.join(escape(r.say(f'advice.{code}', {})) for code in each['advice'])}</p><p class=soft>{r.t('since')} {_time(each['since_s'])}</p></li>"
        for each in notices
    )
    none = r.t("no_notices" if r.follows else "no_notices_here")
    body = f"<h1>{r.t('notices')}</h1>{f'<ul class=notices>{items}</ul>' if items else f'<p>{none}</p>'}<p class=soft>{r.t('notices_help')}</p>"
    return _frame(r, r.t("notices"), body, "/report/notices")


def _time(at_s: Any) -> str:
    """A moment by the city's clock."""
    if not at_s:
        return "–"
    at, here = (datetime.fromtimestamp(float(at_s) + shift_s, UTC) for shift_s in (0.0, LOCAL.utc_offset_s))
    return f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{here:%Y-%m-%d %H:%M}</time>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
