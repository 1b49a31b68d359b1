"""How each district's promises were kept, as inline SVG: a mark at the share, a bar over its 95 % interval, one line a district and promise.

Idea: intervals are drawn and not only points, so that two districts which chance alone would part do not look different. Limits: no interaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

LEFT, WIDTH, LINE = 240.0, 760.0, 22.0


def districts_chart(
    districts: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], heading: str
) -> str:
    """The drawing; nothing where there is no share to draw.

    Parameters
    ----------
    names : promise → its words
    """
    lines = [
        (f"{district} · {names[clock]}", row["rings"][clock])
        for clock in names
        for district, row in districts.items()
        if clock in row["rings"] and row["rings"][clock]["share"] is not None
    ]
    if not lines:
        return ""
    height = LINE * (len(lines) + 1) + 8
    parts = [f'<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="{escape(heading)}">']
    for tenth in range(0, 11, 2):
        x = _x(tenth / 10)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{height - LINE:.1f}"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 8:.1f}" text-anchor="middle">{tenth * 10} %</text>')
    for number, (name, row) in enumerate(lines):
        y = LINE * number + 5
        low, high = _x(row["low"]), _x(row["high"])
        parts.append(f'<text x="{LEFT - 10:.1f}" y="{y + 10:.1f}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<rect class="reach" x="{low:.1f}" y="{y:.1f}" width="{max(1.0, high - low):.1f}" height="12" rx="3"/>'
        )
        parts.append(
            f'<rect class="mark" x="{_x(row["share"]) - 2:.1f}" y="{y - 2:.1f}" width="4" height="16"/>'
        )
    return "".join(parts) + "</svg>"


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - 24.0)
