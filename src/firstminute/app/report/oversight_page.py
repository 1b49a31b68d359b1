"""The oversight reports to read: as Markdown for a letter or a terminal, and as one HTML page with a picture, in Chinese or English.

Idea: a report becomes a list of parts (a heading, the names of columns, rows) once, and each form writes these parts; so both say the same, and nothing
is typed in beside the report. Where nothing is recorded the part says so. Limits: no script, nothing to load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from firstminute.app.messages import catalogue, sentence
from firstminute.app.report.oversight_chart import districts_chart

Say = Callable[[str], str]
STYLE = """
:root{--ink:#1c2430;--soft:#5b6675;--paper:#fbfaf7;--rule:#e3e0d8;--ours:#0b6e6e;--bar:#d9d5ca}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#9aa6b5;--paper:#10151c;--rule:#2a3442;--ours:#3cc0b5;--bar:#2f3a49}}
body{margin:0 auto;max-width:1100px;padding:24px;background:var(--paper);color:var(--ink);line-height:1.5;
font-family:system-ui,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
h1{font-size:26px;margin:0}h2{font-size:17px;margin:26px 0 6px}p{color:var(--soft);margin:4px 0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top}th{color:var(--soft);font-weight:500}
svg{width:100%;max-width:760px;height:auto}svg text{fill:var(--ink);font-size:12px}.reach{fill:var(--bar)}.mark{fill:var(--ours)}.grid{stroke:var(--rule)}
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One table under its heading; `picture`: an SVG beside it."""

    heading: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    picture: str = ""


def markdown(made: Mapping[str, Any], language: str) -> str:
    """The report as Markdown."""
    say, (title, lead, parts) = _say(language), _parts(made, language)
    lines = [f"# {title}", "", *(f"- {line}" for line in lead)]
    for part in parts:
        lines += ["", f"## {part.heading}", ""]
        if not part.rows:
            lines.append(say("none"))
            continue
        lines.append("| " + " | ".join(part.columns) + " |")
        lines.append("|" + "---|" * len(part.columns))
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in part.rows]
    return "\n".join(lines) + "\n"


def html(made: Mapping[str, Any], language: str) -> str:
    """The report as one page."""
    say, (title, lead, parts) = _say(language), _parts(made, language)
    body = [f"<h1>{escape(title)}</h1>", *(f"<p>{escape(line)}</p>" for line in lead)]
    for part in parts:
        body.append(f"<h2>{escape(part.heading)}</h2>{part.picture}")
        if not part.rows:
            body.append(f"<p>{escape(say('none'))}</p>")
            continue
        head = "".join(f"<th>{escape(cell)}</th>" for cell in part.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in part.rows
        )
        body.append(
            f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _say(language: str) -> Say:
    return lambda key: sentence(language, f"oversight.{key}")


def _code(language: str, code: str, *tables: str) -> str:
    """The words of a code from the first table that has them, else the code itself."""
    known = catalogue(language)
    return next((known[f"{table}.{code}"] for table in tables if f"{table}.{code}" in known), code)


def _parts(made: Mapping[str, Any], language: str) -> tuple[str, list[str], list[Part]]:
    report, say = made["report"], _say(language)
    month = report["period"]["sort"] == "month"
    title = f"{say('title' if month else 'title_week')} {report['period']['name']}"
    journal = report["journal"]
    lead = [
        f"{say('journal')}: {journal['desk']}/{journal['world']}, {say('last_fact')} {journal['last_seq']}, {say('chain')} {journal['chain']}",
        f"{say('digest')}: {made['digest']}",
        say("over" if journal["over"] else "not_over"),
        say("how" if month else "how_week"),
    ]
    return title, lead, list((_month if month else _week)(report, language))


def _month(report: Mapping[str, Any], language: str) -> Iterator[Part]:
    say = _say(language)
    calls, incidents = report["calls"], report["incidents"]
    numbers = [
        ("calls", calls["received"]), ("unreadable", calls["unreadable"]), ("written_later", calls["written_later"]), ("incidents", incidents["opened"]),
        ("closed", incidents["closed"]), ("reopened", incidents["reopened"]), ("open_at_end", incidents["open_at_end"]),
    ]  # fmt: skip
    rows = [(say(name), str(value)) for name, value in numbers]
    rows += [
        (f"{say('channel')}: {_code(language, name, 'channel', 'oversight.channel')}", str(n))
        for name, n in calls["by_channel"].items()
    ]
    rows += [
        (f"{say('outcome')}: {_code(language, name, 'outcome')}", str(n))
        for name, n in incidents["outcomes"].items()
    ]
    yield Part(say("part_calls"), (say("what"), say("number")), rows)
    yield Part(
        say("part_times"), (say("phase"), say("number"), "P50", "P90"),
        [(_code(language, name, "oversight.phase"), str(row["count"]), _s(row["p50_s"]), _s(row["p90_s"])) for name, row in report["times"].items()],
    )  # fmt: skip
    yield Part(
        say("part_rings"),
        (say("ring"), say("target"), say("number"), say("kept"), say("headline"), f"P50 {say('since_call')}", f"P90 {say('since_call')}",
         f"P50 {say('since_alert')}", f"P90 {say('since_alert')}"),
        [
            (
                _code(language, clock, "oversight.ring"), ", ".join(f"{each:g} s" for each in row["target_s"]), str(row["count"]), _share(row),
                _share(row["headline"]), _s(row["since_call"]["p50_s"]), _s(row["since_call"]["p90_s"]), _s(row["since_alert"]["p50_s"]),
                _s(row["since_alert"]["p90_s"]),
            )
            for clock, row in report["rings"].items()
        ],
    )  # fmt: skip
    yield _districts(report, language)
    yield Part(
        say("part_disparities"), (say("what"), say("lowest"), say("highest"), say("apart")),
        [
            (
                _code(language, row["measure"], "oversight.ring", "oversight"), f"{row['lowest']}: {_percent(row['lowest_share'])}",
                f"{row['highest']}: {_percent(row['highest_share'])}", say("yes" if row["apart"] else "no"),
            )
            for row in report["disparities"]
        ],
    )  # fmt: skip
    yield from _trust(report, language)


def _districts(report: Mapping[str, Any], language: str) -> Part:
    say = _say(language)
    clocks = sorted({clock for row in report["districts"].values() for clock in row["rings"]})
    columns = (
        say("district"), say("incidents"), say("reported"), say("by_patrol"), say("by_team"), say("by_device"), say("patrol_share"), "P50", "P90",
        *(_code(language, clock, "oversight.ring") for clock in clocks),
    )  # fmt: skip
    rows = [
        (
            name, str(row["incidents"]), *(str(row["found_by"].get(who, 0)) for who in ("report", "patrol", "team", "device")),
            _share(row["patrol_share"]), _s(row["total"]["p50_s"]), _s(row["total"]["p90_s"]),
            *(_share(row["rings"][clock]) if clock in row["rings"] else "–" for clock in clocks),
        )
        for name, row in report["districts"].items()
    ]  # fmt: skip
    names = {clock: _code(language, clock, "oversight.ring") for clock in clocks}
    return Part(
        say("part_districts"), columns, rows, districts_chart(report["districts"], names, say("chart"))
    )


def _trust(report: Mapping[str, Any], language: str) -> Iterator[Part]:
    say, access, changes = _say(language), report["access"], report["changes"]
    glass = access["glass"]
    numbers = [
        ("looks", access["looks"]), ("openings", access["openings"]), ("exports", access["exports"]), ("accounts", access["accounts"]),
        ("glass", glass["broken"]), ("reviewed", glass["reviewed"]), ("late", glass["late"]),
    ]  # fmt: skip
    rows = [(say(name), str(value)) for name, value in numbers]
    for table, counts in (
        ("purpose", access["purposes"]), ("refused", access["refused"]), ("glass", glass["reasons"]), ("glass", glass["results"]),
        ("reads", access["record_reads"]), ("erased", access["erased"]), ("held", access["held"]), ("corrected", access["corrected"]),
    ):  # fmt: skip
        rows += [
            (
                f"{say(f'of_{table}')}: {_code(language, name, table, 'oversight.read', 'why', 'oversight')}",
                str(n),
            )
            for name, n in counts.items()
        ]
    yield Part(say("part_access"), (say("what"), say("number")), rows)
    complaints = report["complaints"]
    told = [
        (f"{say('about')}: {_code(language, name, 'why')}", str(n)) for name, n in complaints["about"].items()
    ]
    told += [
        (f"{say('result')}: {_code(language, name, 'why')}", str(n))
        for name, n in complaints["results"].items()
    ]
    told += [(f"{say('district')}: {name}", str(n)) for name, n in complaints["districts"].items()]
    yield Part(say("part_complaints"), (say("what"), say("number")), told)
    lines = [
        (say("policy"), f"{row['policy']} {row['version']}", str(row["seq"])) for row in changes["policies"]
    ]
    lines += [
        (
            say("grade"),
            f"{row['district']}: {row['before']} → {row['grade']} ({_code(language, row['reason'], 'why')})",
            str(row["seq"]),
        )
        for row in changes["grades"]
    ]
    lines += [(say("plan_rows"), name, str(n)) for name, n in changes["plans"].items()]
    lines += [(say("other_rows"), "", str(changes["other_rows"]))] if changes["other_rows"] else []
    for table in ("roles_given", "roles_taken"):
        lines += [(say(table), _code(language, role, "role"), str(n)) for role, n in changes[table].items()]
    yield Part(say("part_changes"), (say("what"), "", say("number_or_fact")), lines)


def _week(report: Mapping[str, Any], language: str) -> Iterator[Part]:
    say, offset_s = _say(language), report["period"]["offset_s"]
    columns = (
        say("fact"),
        say("when"),
        say("account"),
        say("subject"),
        say("how_opened"),
        say("of_purpose"),
        say("for_what"),
        say("why"),
    )
    yield Part(
        say("part_look"), columns,
        [
            (
                str(row["seq"]), _when(row["at_s"], offset_s), who, row["subject_id"], say(f"by_{row['how']}"),
                _code(language, row["purpose"], "purpose", "glass"), row["incident_id"] or row["file_id"] or "–",
                ", ".join(say(f"reason_{each}") for each in row["reasons"]),
            )
            for who, rows in report["to_look_at"].items()
            for row in rows
        ],
    )  # fmt: skip
    yield Part(
        say("part_glass"), (say("fact"), say("when"), say("account"), say("subject"), say("why"), say("result")),
        [
            (
                str(row["seq"]), _when(row["at_s"], offset_s), row["account_id"], row["subject_id"], _code(language, row["reason"], "glass"),
                _code(language, row["result"], "glass") if row["result"] else "–",
            )
            for row in report["glass"]
        ],
    )  # fmt: skip
    yield Part(
        say("part_unreviewed"), (say("fact"), say("when"), say("account"), say("access")),
        [(str(row["seq"]), _when(row["at_s"], offset_s), row["account_id"], row["access_id"]) for row in report["unreviewed"]],
    )  # fmt: skip
    yield Part(
        say("part_refused"), (say("fact"), say("when"), say("account"), say("subject"), say("of_refused")),
        [
            (str(row["seq"]), _when(row["at_s"], offset_s), who, row["subject_id"], _code(language, row["why"], "oversight.refusal", "refused"))
            for who, rows in report["refused"].items()
            for row in rows
        ],
    )  # fmt: skip


def _when(at_s: float, offset_s: int) -> str:
    return (datetime.fromtimestamp(int(at_s), UTC) + timedelta(seconds=offset_s)).strftime("%m-%d %H:%M:%S")


def _s(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} s"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _share(row: Mapping[str, Any]) -> str:
    """A share with its interval and what it is of."""
    if row["share"] is None:
        return "–"
    return f"{_percent(row['share'])} ({100 * row['low']:.0f}–{100 * row['high']:.0f} %, {row['kept']}/{row['count']})"
