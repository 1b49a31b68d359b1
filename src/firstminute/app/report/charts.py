"""The charts of the replay report as inline SVG: phases, cumulative share, scatter, hours.

Idea: a chart is a pure function of figures to text; colours are CSS variables of the page, so light and dark follow the reader's system. Every
chart names its marks in words, not by colour alone. Limits: no interaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from firstminute.app.report.words import both_text

WIDTH, HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 72.0, 16.0, 22.0, 40.0
Pairs = Sequence[tuple[float, float]]


def _frame(body: str, heading: str) -> str:
    """A drawing that a screen reader calls by its heading on the page."""
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{heading}" preserveAspectRatio="xMidYMid meet">{body}</svg>'


def _x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def _text(x: float, y: float, words: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{words}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, name: str = "grid") -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _path(points: Pairs, name: str) -> str:
    return f'<polyline class="{name}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def legend(x: float, y: float, with_record: bool = True) -> str:
    """What is ours and what is theirs."""
    parts = [
        f'<rect class="ours" x="{x}" y="{y - 9}" width="14" height="10" rx="2"/>',
        both_text("modelled", x + 20, y),
    ]
    if with_record:
        parts += [
            f'<rect class="theirs" x="{x + 96}" y="{y - 9}" width="14" height="10" rx="2"/>',
            both_text("recorded", x + 116, y),
        ]
    return "".join(parts)


def phases(modelled: Mapping[str, Any], recorded: Mapping[str, Any]) -> str:
    """P10-P90 bars with a mark at the median, ours above theirs, one pair a phase."""
    top = (
        max((row.get("p90_s") or 0.0 for rows in (modelled, recorded) for row in rows.values()), default=60.0)
        or 60.0
    )
    step = _nice(top / 5)
    parts = []
    for k in range(int(top / step) + 1):
        x = _x(k * step / (top * 1.04))
        parts += [
            _line(x, _TOP + 8, x, HEIGHT - _BOTTOM),
            _text(x, HEIGHT - _BOTTOM + 16, f"{k * step:.0f}", 'text-anchor="middle"'),
        ]
    for k, name in enumerate(("processing", "turnout", "travel", "total")):
        y = _TOP + 24 + k * 54
        parts.append(both_text(name, _LEFT - 8, y + 14, 'text-anchor="end"'))
        for rows, shade, down in ((modelled, "ours", 0), (recorded, "theirs", 17)):
            row = rows.get(name) or {}
            if row.get("p50_s") is None:
                continue
            low, middle, high = (_x(row[f"p{share}_s"] / (top * 1.04)) for share in (10, 50, 90))
            width = max(1.5, high - low)
            parts.append(
                f'<rect class="{shade} soft" x="{low:.1f}" y="{y + down - 4}" width="{width:.1f}" height="13" rx="3"/>'
            )
            parts.append(
                f'<rect class="{shade}" x="{middle - 2:.1f}" y="{y + down - 6}" width="4" height="17" rx="1.5"/>'
            )
            parts.append(
                _text(min(high + 6, WIDTH - 40), y + down + 7, f"{row['p50_s']:.0f} s", 'class="small"')
            )
    return _frame("".join(parts) + legend(WIDTH - 220, HEIGHT - 4, bool(recorded)), "phases_title")


def cumulative(
    modelled: Sequence[float], recorded: Sequence[float], marks_s: Sequence[float], until_s: float = 900.0
) -> str:
    """Share reached within t, ours and theirs, with the limits as upright lines."""
    parts = []
    for k in range(6):
        parts += [
            _line(_x(0), _y(k / 5), _x(1), _y(k / 5)),
            _text(_LEFT - 8, _y(k / 5) + 4, f"{k * 20} %", 'text-anchor="end"'),
        ]
    for minute in range(0, int(until_s / 60) + 1, 2):
        parts.append(
            _text(_x(minute * 60 / until_s), HEIGHT - _BOTTOM + 16, str(minute), 'text-anchor="middle"')
        )
    for mark in marks_s:
        parts.append(_line(_x(mark / until_s), _y(0), _x(mark / until_s), _y(1), "mark"))
    for values, name in ((recorded, "line theirs"), (modelled, "line ours")):
        if values:
            parts.append(_path([(_x(t / until_s), _y(share)) for t, share in _steps(values, until_s)], name))
    parts.append(both_text("minutes", _x(0.5), HEIGHT - 6, 'text-anchor="middle"'))
    return _frame("".join(parts) + legend(_x(0.55), _y(0.08), bool(recorded)), "cdf_title")


def _steps(values: Sequence[float], until_s: float, count: int = 160) -> list[tuple[float, float]]:
    ordered, found, at = sorted(values), [], 0
    for k in range(count + 1):
        t = until_s * k / count
        while at < len(ordered) and ordered[at] <= t:
            at += 1
        found.append((t, at / len(ordered)))
    return found


def scatter(pairs: Pairs, until_s: float = 1_200.0) -> str:
    """Modelled (upwards) against recorded (to the right) in cells, darker where more calls lie, with the line of agreement."""
    cells: dict[tuple[int, int], int] = {}
    count = 60
    for recorded, modelled in pairs:
        if recorded < until_s and modelled < until_s:
            key = (int(recorded / until_s * count), int(modelled / until_s * count))
            cells[key] = cells.get(key, 0) + 1
    most = max(cells.values(), default=1)
    wide, high = (_x(1) - _x(0)) / count, (_y(0) - _y(1)) / count
    parts = []
    for k in range(0, int(until_s) + 1, 300):
        parts += [
            _line(_x(0), _y(k / until_s), _x(1), _y(k / until_s)),
            _text(_LEFT - 8, _y(k / until_s) + 4, str(k), 'text-anchor="end"'),
        ]
        parts.append(_text(_x(k / until_s), HEIGHT - _BOTTOM + 16, str(k), 'text-anchor="middle"'))
    for (i, j), number in sorted(cells.items()):
        shade = 0.15 + 0.85 * (number / most) ** 0.5
        x, y = _x(i / count), _y((j + 1) / count)
        parts.append(
            f'<rect class="ours" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" fill-opacity="{shade:.2f}"/>'
        )
    parts.append(_line(_x(0), _y(0), _x(1), _y(1), "mark"))
    parts.append(both_text("recorded", _x(1), HEIGHT - 6, 'text-anchor="end"', ", s"))
    parts.append(both_text("modelled", 4, 13, "", ", s"))
    return _frame("".join(parts), "scatter_title")


def hours(rows: Sequence[Mapping[str, Any]]) -> str:
    """Calls an hour as bars, median totals as lines."""
    most = max((row["calls"] for row in rows), default=1) or 1
    longest = max(
        (row.get(f"{who}_p50_s") or 0.0 for row in rows for who in ("modelled", "recorded")), default=1.0
    )
    step = _nice(max(longest, 1.0) * 1.1 / 4)
    tall = 4 * step
    parts = []
    for k in range(5):
        parts += [
            _line(_x(0), _y(k / 4), _x(1), _y(k / 4)),
            _text(_LEFT - 8, _y(k / 4) + 4, f"{step * k:.0f} s", 'text-anchor="end"'),
        ]
    for row in rows:
        x, height = _x(row["hour"] / 24), (_y(0) - _y(1)) * 0.55 * row["calls"] / most
        parts.append(
            f'<rect class="bar" x="{x + 2:.1f}" y="{_y(0) - height:.1f}" width="{(_x(1) - _x(0)) / 24 - 4:.1f}" height="{height:.1f}"/>'
        )
        if row["calls"] == most and not any("tallest" in part for part in parts):
            parts.append(_text(x + 10, _y(0) - 6, str(most), 'class="small tallest" text-anchor="middle"'))
        if row["hour"] % 3 == 0:
            parts.append(_text(x + 10, HEIGHT - _BOTTOM + 16, f"{row['hour']:02d}", 'text-anchor="middle"'))
    for who, name in (("recorded", "line theirs"), ("modelled", "line ours")):
        points = [
            (_x((row["hour"] + 0.5) / 24), _y(row[f"{who}_p50_s"] / tall))
            for row in rows
            if row.get(f"{who}_p50_s") is not None
        ]
        if points:
            parts.append(_path(points, name))
    record = any(row.get("recorded_p50_s") for row in rows)
    return _frame("".join(parts) + legend(_x(0.3), HEIGHT - 6, record), "hours_title")


def _nice(step: float) -> float:
    """The next round step of a scale: 1, 2 or 5 times a power of ten.

    >>> _nice(37.0), _nice(0.9), _nice(130.0)
    (50.0, 1.0, 200.0)
    """
    size = 1.0
    while size * 10 <= step:
        size *= 10
    return next((size * factor for factor in (1.0, 2.0, 5.0, 10.0) if size * factor >= step), step)
