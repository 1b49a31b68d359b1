"""The replay report as one HTML page: headline figures, charts, map, comparison, and what is not modelled.

Idea: everything stands in the page (styles, drawings, both languages), so it can be mailed, archived and opened without a network; the language
switch is two radio buttons and CSS. Every figure comes from the statistics, none is typed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from firstminute.app.report import charts
from firstminute.app.report.city_map import MapData, draw_map
from firstminute.app.report.words import WORDS, both

_STYLE = """
:root{--ink:#1c2430;--soft:#5b6675;--paper:#fbfaf7;--card:#fff;--rule:#e3e0d8;--ours:#0b6e6e;--theirs:#c8762b;--bar:#d9d5ca;
--street:#d3cdbf;--broad:#b9b19e;--station:#1c2430;--c0:#1a9850;--c1:#7bbf4e;--c2:#e8b72c;--c3:#e9762b;--c4:#c62828;--c5:#7a3fa0}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#9aa6b5;--paper:#10151c;--card:#171e28;--rule:#2a3442;--ours:#3cc0b5;
--theirs:#f0a35c;--bar:#2f3a49;--street:#27313e;--broad:#3d4a5b;--station:#e8ecf1;--c0:#35c76f;--c1:#9ddb6c;--c2:#f4cf56;--c3:#ff9750;
--c4:#ff5f5f;--c5:#c38bea}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font-family:system-ui,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
header,main,footer{max-width:1180px;margin:0 auto;padding:0 20px}header{padding-top:28px}h1{font-size:30px;margin:0}
h2{font-size:17px;margin:0 0 6px}p{margin:4px 0;color:var(--soft)}
.switch{position:absolute;opacity:0}.switch+label{cursor:pointer;padding:3px 10px;border:1px solid var(--rule);border-radius:6px;
margin-right:4px;font-size:13px;color:var(--soft)}.switch:checked+label{background:var(--ink);color:var(--paper)}
.switch:focus-visible+label{outline:2px solid var(--ours)}
body:has(#lang-en:checked) .zh,body:has(#lang-zh:checked) .en{display:none}
.bar-top{position:sticky;top:0;background:var(--paper);padding:8px 20px;border-bottom:1px solid var(--rule);text-align:right;z-index:2}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin:20px 0}
@media (max-width:760px){.tiles{grid-template-columns:repeat(2,1fr)}.tile b{white-space:normal}.tile small{display:block}}
.tile,.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:14px 16px}
.tile b{display:block;font-size:25px;white-space:nowrap;font-variant-numeric:tabular-nums}
.tile small{font-size:15px;color:var(--theirs)}.tile span{color:var(--soft);font-size:13px}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(430px,100%),1fr));gap:14px}
.card{overflow-x:auto;margin-bottom:14px}.grid .card{margin-bottom:0}.grid{margin-bottom:14px}
.tables .card:last-child:nth-child(odd){grid-column:1/-1}.verdict{color:var(--ink);font-size:16px;margin-top:10px;
border-left:3px solid var(--theirs);padding-left:10px}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:12px}svg .small{font-size:11px}
.grid-line,.grid line,line.grid{stroke:var(--rule);stroke-width:1}line.mark{stroke:var(--ink);stroke-dasharray:4 4;stroke-width:1.2;opacity:.7}
.ours{fill:var(--ours)}.theirs{fill:var(--theirs)}.soft{opacity:.32}.bar{fill:var(--bar)}
.line{fill:none;stroke-width:2.6;stroke-linejoin:round}.line.ours{stroke:var(--ours)}.line.theirs{stroke:var(--theirs);stroke-dasharray:7 3}
.street,.broad{fill:none;stroke:var(--street);stroke-width:1.1}.broad{stroke:var(--broad);stroke-width:1.6}
.dot{fill:none;stroke-linecap:round;stroke-width:5;opacity:.8}.dot.big{stroke-width:11}.station{fill:var(--station);stroke:var(--card);stroke-width:1.5}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}.c5{stroke:var(--c5)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}th,td{text-align:right;padding:5px 8px;
border-bottom:1px solid var(--rule)}th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-weight:600}
li{color:var(--soft);margin:3px 0}code{font-size:12px;overflow-wrap:anywhere}footer{padding:18px 20px 40px}
"""


def render(statistics: Mapping[str, Any], data: MapData, language: str = "en") -> str:
    """The page.

    Parameters
    ----------
    statistics : what `simulate.statistics.summarise` gives
    data : streets, stations and calls of the map
    language : the one shown first, "en" or "zh-CN"
    """
    recorded = statistics["recorded"]
    limits = [float(limit) for limit in statistics["within"]]
    body = [
        _card("phases_title", charts.phases(statistics["modelled"], recorded), "phases_note"),
        _card(
            "cdf_title",
            charts.cumulative(statistics["totals"]["modelled"], statistics["totals"]["recorded"], limits),
        ),
        _card("hours_title", charts.hours(statistics["by_hour"]), "hours_note"),
    ]
    tables = [_within(statistics["within"]), _clocks(statistics["clocks"]), _source(statistics)]
    if statistics["totals"]["pairs"]:
        body.append(
            _card(
                "scatter_title",
                charts.scatter([tuple(pair) for pair in statistics["totals"]["pairs"]]),
                "scatter_note",
            )
        )
    else:
        body.append(tables.pop(0))
    title = escape(str(statistics["city"]))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>firstminute · {title}</title><style>{_STYLE}</style></head><body>{_switch(language)}"
        f"<header><h1>{both('title')} · {title}</h1><p>{both('subtitle')}</p>{_verdict(statistics)}{_tiles(statistics)}</header><main>"
        f'<div class="grid">{"".join(body)}</div>{_compare(statistics["compare"], statistics["learned"])}'
        f'{_card("map_title", draw_map(data))}<div class="grid tables">{"".join(tables)}</div>{_honest(statistics["not_modelled"])}</main>'
        f"<footer><p>{_attribution(statistics)}</p></footer></body></html>"
    )


def _attribution(statistics: Mapping[str, Any]) -> str:
    given = str(statistics.get("attribution") or "")
    return escape(given) if given else both("attribution")


def _switch(language: str) -> str:
    parts = []
    for key, name in (("en", "English"), ("zh", "中文")):
        on = " checked" if language.startswith(key) else ""
        parts.append(
            f'<input class="switch" type="radio" name="lang" id="lang-{key}"{on}><label for="lang-{key}" lang="{key}">{name}</label>'
        )
    return f'<div class="bar-top">{"".join(parts)}</div>'


def _verdict(statistics: Mapping[str, Any]) -> str:
    """Model and record side by side in one sentence, before any chart."""
    ours, theirs = statistics["modelled"], statistics["recorded"]
    sides = {
        "ours": ours.get("total"),
        "theirs": theirs.get("total"),
        "road_ours": ours.get("travel"),
        "road_theirs": theirs.get("travel"),
    }
    known = {name: row["p50_s"] for name, row in sides.items() if row and row["p50_s"] is not None}
    if len(known) < len(sides):
        return f'<p class="verdict">{both("no_record")}</p>' if not theirs else ""
    return (
        f'<p class="verdict">{both("verdict", **{name: f"{value:.0f}" for name, value in known.items()})}</p>'
    )


def _heading(key: str) -> str:
    return f'<h2 id="{key}">{both(key)}</h2>'


def _card(key: str, inside: str, note: str | None = None) -> str:
    return f'<section class="card">{_heading(key)}{inside}{"" if note is None else f"<p>{both(note)}</p>"}</section>'


def _tiles(statistics: Mapping[str, Any]) -> str:
    total, theirs = statistics["modelled"].get("total") or {}, statistics["recorded"].get("total") or {}
    calls = statistics["calls"]
    rows = [
        (f"{calls['calls']:,}", "calls"),
        (f"{statistics['units']:,}", "units"),
        (_share(calls["reached"], calls["calls"]), "reached"),
        (_seconds(total.get("p50_s")) + _beside(theirs.get("p50_s")), "median"),
        (_seconds(total.get("p90_s")) + _beside(theirs.get("p90_s")), "p90"),
        (f"{statistics['facts']:,}", "facts"),
        (f"{statistics['facts_per_call']:.1f}", "facts_per_call"),
        (_number(statistics["alerts"]["per_arrival"]), "alerts_per_arrival"),
    ]
    return (
        '<div class="tiles">'
        + "".join(f'<div class="tile"><b>{value}</b>{both(key)}</div>' for value, key in rows)
        + "</div>"
    )


def _beside(value: float | None) -> str:
    """The recorded figure in small print, where there is one."""
    return "" if value is None else f" <small>/ {both('recorded')} {_seconds(value)}</small>"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} s"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _table(key: str, heads: Sequence[str], rows: Sequence[Sequence[str]], note: str | None = None) -> str:
    head = "".join(f"<th>{cell}</th>" for cell in heads)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return _card(key, f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>", note)


def _compare(rows: Mapping[str, Mapping[str, Any]], learned: Mapping[str, Any]) -> str:
    if not any(row["bias_s"] is not None for row in rows.values()):
        return ""
    names = ("count", "bias_s", "median_bias_s", "mean_abs_s", "pearson", "spearman")
    heads = [
        both(word) for word in ("phase", "count", "bias", "median_bias", "mean_abs", "pearson", "spearman")
    ]
    lines = [[both(phase), *(_number(row[name]) for name in names)] for phase, row in rows.items()]
    if learned["factor"] is not None:
        first = f"{both('learned')} (× {_number(learned['factor'])})"
        lines.append([first, *(_number(learned[name]) for name in names)])
    return _table("compare_title", heads, lines)


def _within(rows: Mapping[str, Mapping[str, float | None]]) -> str:
    heads = [both("limit"), both("modelled"), both("recorded")]
    lines = []
    for limit, row in rows.items():
        shares = [
            "–" if row[who] is None else f"{100 * (row[who] or 0.0):.1f} %"
            for who in ("modelled", "recorded")
        ]
        lines.append([f"{float(limit):.0f} s", *shares])
    return _table("within_title", heads, lines, "within_note")


def _clocks(rows: Mapping[str, Mapping[str, int]]) -> str:
    lines = [
        [
            both(f"clock.{name}") if f"clock.{name}" in WORDS else escape(name),
            str(row["met"]),
            str(row["breached"]),
            _share(row["met"], row["met"] + row["breached"]),
        ]
        for name, row in rows.items()
    ]
    return _table("clocks_title", ["", both("met"), both("breached"), "%"], lines)


def _source(statistics: Mapping[str, Any]) -> str:
    left = ", ".join(
        f"{both(f'left.{code}')} {count}" for code, count in statistics["calls"]["left_out"].items()
    )
    lines = [
        [both("city"), escape(str(statistics["city"]))],
        [both("policy"), escape(str(statistics["policy"]))],
        [both("seed"), str(statistics["seed"])],
        [both("left_out"), left or "0"],
        [both("off_network"), str(statistics["calls"].get("off_network", 0))],
        [both("units_off_network"), str(statistics.get("units_off_network", 0))],
        [both("rate"), _number(statistics["calls_per_s"])],
        [both("digest"), f"<code>{escape(str(statistics['digest']))}</code>"],
    ]
    return _table("source_title", ["", ""], lines)


def _honest(codes: Sequence[str]) -> str:
    items = "".join(f"<li>{both(f'not.{code}')}</li>" for code in codes)
    return f'<section class="card">{_heading("honest_title")}<ul>{items}</ul></section>'
