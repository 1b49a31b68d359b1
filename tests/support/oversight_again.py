"""The oversight report of a month computed once more, by SQL and plain Python over the text of a journal, without a line of the product.

Idea: what anybody who holds a copy of the file could write from the documentation (docs/operate/oversight.md). It shares no code with what it checks;
where the two differ, one of them is wrong.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from math import ceil, sqrt
from pathlib import Path
from typing import Any

HEADLINE, LATER, SILENT_TASKS = {"fix", "qr"}, {"typed", "paper"}, {"keep_away", "escalate"}
PLANS = {"plans", "alert_policies", "incident_types", "districts", "zones", "rosters"}
PHASES = ("answering", "processing", "turnout", "travel", "at_person", "total")
LIFE = (
    "CallReceived IncidentOpened AlertSent AlertAccepted AlertDeclined AlertExpired Assigned AssignmentActivated EnRoute Arrived PersonReached ClockStarted "
    "ClockMet ClockArrivedLate ClockBreached ClockStopped IncidentAmended IncidentClosed DeskClockStarted DeskMeasureTaken"
).split()
OTHER = (
    "UnreadableCallReceived IncidentReopened PolicyAdopted GradeSwitched RegisterChanged DataOpened SubjectErased DataRefused GlassBroken GlassReviewed "
    "GlassUnreviewed RecordRead DataHeld DataCorrected ComplaintRecorded ComplaintAnswered AccountRoleGiven AccountRoleRevoked"
).split()


def again(database: Path, name: str, from_s: int, to_s: int, offset_s: int) -> dict[str, Any]:
    """The whole report."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as base:
        desk, seq = base.execute("SELECT desk, seq FROM desk_head WHERE world = 'live'").fetchone()
        here = "desk = ? AND world = 'live' AND at_s >= ? AND at_s < ?"
        last = base.execute(f"SELECT MAX(seq) FROM facts WHERE {here}", (desk, from_s, to_s)).fetchone()[0]
        (chain,) = base.execute(
            "SELECT chain FROM facts WHERE desk = ? AND world = 'live' AND seq = ?", (desk, last)
        ).fetchone()
        marks = ",".join("?" * len(LIFE + OTHER))
        query = f"SELECT kind, body, occurred_s, time_source, origin, seq FROM facts WHERE {here} AND kind IN ({marks}) ORDER BY seq"
        rows = [
            (r[0], json.loads(r[1]), *r[2:]) for r in base.execute(query, (desk, from_s, to_s, *LIFE, *OTHER))
        ]
    of: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        of[row[0]].append(row)
    lives = _lives(rows)
    how = {b["call_id"]: _how(b, origin) for _, b, _, _, origin, _ in of["CallReceived"]}
    for life in lives.values():
        life["found"] = "team" if life["by_team"] else how.get(life["call"] or "", "unknown")
    districts = _districts(list(lives.values()))
    return {
        "form": "firstminute-oversight-1",
        "period": {"name": name, "sort": "month", "from_s": from_s, "to_s": to_s, "offset_s": offset_s},
        "journal": {"desk": desk, "world": "live", "last_seq": last, "chain": chain.hex(), "over": seq > last, "facts_read": len(rows)},
        "calls": {
            "received": len(of["CallReceived"]), "unreadable": len(of["UnreadableCallReceived"]), "by_channel": _by(of["CallReceived"], "channel"),
            "by_origin": dict(sorted(Counter(r[4] for r in of["CallReceived"]).items())),
            "written_later": sum(r[3] in LATER for r in of["CallReceived"]),
        },
        "incidents": {
            "opened": len(lives), "closed": len(of["IncidentClosed"]), "reopened": len(of["IncidentReopened"]),
            "open_at_end": sum(life["closed"] is None for life in lives.values()), "outcomes": _by(of["IncidentClosed"], "outcome"),
        },
        "times": {p: _spread([s[p] for life in lives.values() if p in (s := _phases(life))]) for p in PHASES},
        "rings": _rings(list(lives.values())),
        "districts": districts,
        "disparities": _disparities(districts),
        "access": _access(of),
        "complaints": {
            "recorded": len(of["ComplaintRecorded"]), "answered": len(of["ComplaintAnswered"]), "about": _by(of["ComplaintRecorded"], "about"),
            "results": _by(of["ComplaintAnswered"], "result"), "districts": _by(of["ComplaintRecorded"], "district"),
        },
        "changes": {
            "policies": [
                {"policy": b["policy_id"], "version": b["version"], "compared_on": b["compared_on"], "seq": r[5]}
                for r in of["PolicyAdopted"]
                if (b := r[1])
            ],
            "grades": [{**{n: r[1][n] for n in ("district", "before", "grade", "reason")}, "seq": r[5]} for r in of["GradeSwitched"]],
            "plans": _rows(of["RegisterChanged"], plans=True), "other_rows": sum(_rows(of["RegisterChanged"], plans=False).values()),
            "roles_given": _by(of["AccountRoleGiven"], "role"), "roles_taken": _by(of["AccountRoleRevoked"], "role"),
        },
    }  # fmt: skip


def _by(rows: list[Any], name: str) -> dict[str, int]:
    return dict(sorted(Counter(row[1].get(name) or "-" for row in rows).items()))


def _rows(changes: list[Any], *, plans: bool) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in changes:
        if (row[1]["table"] in PLANS) == plans:
            found[row[1]["table"]] += len(row[1]["keys"]) + len(row[1]["removed"])
    return dict(sorted(found.items()))


def _how(body: dict[str, Any], origin: str) -> str:
    if body["unit_id"]:
        return "patrol"
    if body["team_id"]:
        return "team"
    return "device" if body["device_id"] or origin == "device" else "report"


def _lives(rows: list[Any]) -> dict[str, dict[str, Any]]:
    lives: dict[str, dict[str, Any]] = {}
    called: dict[str, float] = {}
    for kind, b, at, _, _, _ in rows:
        if kind == "CallReceived":
            called[b["call_id"]] = at
        elif kind == "IncidentOpened":
            lives[b["incident_id"]] = {
                "call": b["call_id"], "received": min(called.get(b["call_id"] or "", b["started_s"]), b["started_s"]), "started": b["started_s"],
                "district": b["district"] or "-", "by_team": b["found_by_team"], "alerted": None, "closed": None, "ways": {}, "clocks": {},
            }  # fmt: skip
        life = lives.get(b.get("incident_id", ""))
        if life is None:
            continue
        if kind == "AlertSent" and b["task"] not in SILENT_TASKS and life["alerted"] is None:
            life["alerted"] = at
        elif kind == "Assigned":
            life["ways"][b["assignment_id"]] = {"unit": b["responder_kind"] == "unit", "assigned": at}
            life["alerted"] = at if life["alerted"] is None else min(life["alerted"], at)
        elif kind == "AssignmentActivated" and b["assignment_id"] in life["ways"]:
            life["ways"][b["assignment_id"]]["assigned"] = at
        elif kind in ("EnRoute", "Arrived", "PersonReached") and b["assignment_id"] in life["ways"]:
            life["ways"][b["assignment_id"]][kind] = at
        elif kind == "IncidentClosed":
            life["closed"] = at
        elif kind == "ClockStarted":
            life["clocks"][b["clock"]] = {"target": b["target_s"], "state": "running"}
        elif kind.startswith("Clock") and b["clock"] in life["clocks"]:
            _clock(life["clocks"][b["clock"]], kind, b)
    return lives


def _clock(clock: dict[str, Any], kind: str, b: dict[str, Any]) -> None:
    if kind in ("ClockMet", "ClockArrivedLate"):
        clock.update(
            state="met" if kind == "ClockMet" else "late",
            call=b["since_call_s"],
            alert=b["since_alert_s"],
            evidence=b["evidence"],
            proven=b["proven"],
        )
    elif clock["state"] == "running":
        clock["state"] = "breached" if kind == "ClockBreached" else "stopped"
        clock["reason"] = b["reason"] if kind == "ClockBreached" else None


def _phases(life: dict[str, Any]) -> dict[str, float]:
    known = {"answering": life["started"] - life["received"]}
    if life["alerted"] is not None:
        known["processing"] = life["alerted"] - life["started"]
    there = [way for way in life["ways"].values() if way["unit"] and "Arrived" in way]
    if there:
        first = min(there, key=lambda way: way["Arrived"])
        known["total"] = first["Arrived"] - life["received"]
        if "EnRoute" in first:
            known["turnout"], known["travel"] = (
                first["EnRoute"] - first["assigned"],
                first["Arrived"] - first["EnRoute"],
            )
        if "PersonReached" in first:
            known["at_person"] = first["PersonReached"] - first["Arrived"]
    return {name: max(0.0, value) for name, value in known.items()}


def _percentile(values: list[float], share: float) -> float | None:
    ordered = sorted(values)
    return round(float(ordered[max(0, ceil(share * len(ordered)) - 1)]), 1) if ordered else None


def _spread(values: list[float]) -> dict[str, Any]:
    return {"count": len(values), "p50_s": _percentile(values, 0.5), "p90_s": _percentile(values, 0.9)}


def _wilson(kept: int, count: int) -> dict[str, Any]:
    if not count:
        return {"count": 0, "kept": 0, "share": None, "low": None, "high": None}
    z, p = 1.959964, kept / count
    middle, half = p + z * z / (2 * count), z * sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return {
        "count": count,
        "kept": kept,
        "share": round(p, 3),
        "low": max(0.0, round((middle - half) / scale, 3)),
        "high": round((middle + half) / scale, 3),
    }


def _rings(lives: list[dict[str, Any]]) -> dict[str, Any]:
    made = {}
    for name in sorted({clock for life in lives for clock in life["clocks"]}):
        judged = [
            c
            for life in lives
            if (c := life["clocks"].get(name)) and c["state"] in ("met", "late", "breached")
        ]
        seen = [c for c in judged if c.get("evidence") != "found_by_team" and _proven(c)]
        made[name] = {
            "target_s": sorted({c["target"] for c in judged}), **_wilson(sum(c["state"] == "met" for c in judged), len(judged)),
            "headline": _wilson(sum(c["state"] == "met" for c in seen), len(seen)),
            "since_call": _spread([c["call"] for c in judged if c.get("call") is not None]),
            "since_alert": _spread([c["alert"] for c in judged if c.get("alert") is not None]),
            "reasons": dict(Counter(c.get("reason") or "unknown" for c in judged if c["state"] != "met")),
        }  # fmt: skip
    return made


def _proven(clock: dict[str, Any]) -> bool:
    if clock.get("evidence") is None:
        return True
    return clock["evidence"] in HEADLINE if clock["proven"] is None else bool(clock["proven"])


def _districts(lives: list[dict[str, Any]]) -> dict[str, Any]:
    made = {}
    for name in sorted({life["district"] for life in lives}):
        some = [life for life in lives if life["district"] == name]
        who = Counter(life["found"] for life in some)
        rings = _rings(some)
        made[name] = {
            "incidents": len(some), "found_by": dict(sorted(who.items())), "patrol_share": _wilson(who["patrol"], len(some)),
            "total": _spread([p["total"] for life in some if "total" in (p := _phases(life))]),
            "rings": {clock: {n: row[n] for n in ("count", "kept", "share", "low", "high")} for clock, row in rings.items()},
        }  # fmt: skip
    return made


def _disparities(districts: dict[str, Any]) -> list[dict[str, Any]]:
    made = []
    names = sorted({*(c for row in districts.values() for c in row["rings"]), "patrol_found"})
    for name in names:
        rows = {
            d: (row["patrol_share"] if name == "patrol_found" else row["rings"].get(name))
            for d, row in districts.items()
        }
        known = {d: row for d, row in rows.items() if row and row["count"] >= 20}
        if len(known) > 1:
            low, high = (
                min(known, key=lambda d: (known[d]["share"], d)),
                max(known, key=lambda d: (known[d]["share"], d)),
            )
            made.append(
                {"measure": name, "lowest": low, "lowest_share": known[low]["share"], "highest": high, "highest_share": known[high]["share"],
                 "apart": known[low]["high"] < known[high]["low"]}
            )  # fmt: skip
    return made


def _access(of: dict[str, list[Any]]) -> dict[str, Any]:
    opened = of["DataOpened"]
    how = Counter(row[1]["how"] for row in opened)
    return {
        "looks": how["look"], "openings": how["opening"], "exports": how["export"],
        "purposes": _by([row for row in opened if row[1]["how"] == "opening"], "purpose"), "refused": _by(of["DataRefused"], "why"),
        "accounts": len({row[1]["account_id"] for row in (*opened, *of["GlassBroken"])}),
        "glass": {
            "broken": len(of["GlassBroken"]), "reasons": _by(of["GlassBroken"], "reason"), "reviewed": len(of["GlassReviewed"]),
            "results": _by(of["GlassReviewed"], "result"), "late": len(of["GlassUnreviewed"]),
        },
        "record_reads": _by(of["RecordRead"], "what"), "erased": _by(of["SubjectErased"], "reason"), "held": _by(of["DataHeld"], "reason"),
        "corrected": _by(of["DataCorrected"], "reason"),
    }  # fmt: skip
