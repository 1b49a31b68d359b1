"""Draws docs/images/two-zones-*.svg: the two zones, what crosses between them and what never does, in both languages, as plain SVG.

Idea: one list of boxes, arrows and words; a picture that is text can be read in a review. Limits: colours for light and dark pages alike.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDTH, HEIGHT = 960, 430
INK, SOFT, OUTER, INNER, RED = "#1c2430", "#5b6675", "#e8f3f1", "#eef0fa", "#b3372f"

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "outside": "outside: the public's network", "inside": "inside: the police network", "border": "the border",
        "callers": "callers · SOS buttons · venue codes", "members": "members' pages · devices", "door": "firstminute outside",
        "door2": "keeps, answers honestly, helps a venue alone", "queue": "out.db · in.db: signed, sealed, durable",
        "desk": "firstminute serve", "desk2": "desk · journal · vault", "staff": "command room", "carrier": "folder (one-way device)",
        "pull": "or HTTPS, called from inside", "in": "calls · check-ins · answers · positions", "out": "rows for teams · alerts · receipts",
        "never": "never out: callers, police positions", "late": "each side shows how late the other is",
    },
    "zh-CN": {
        "outside": "外区：公众网络", "inside": "内区：公安网", "border": "边界",
        "callers": "报警人 · SOS 按钮 · 场所码", "members": "队员页面 · 设备", "door": "firstminute outside",
        "door2": "留存、如实回执、断网时独立呼叫场所自有队伍", "queue": "out.db · in.db：签名、封存、持久",
        "desk": "firstminute serve", "desk2": "指挥席 · 日志 · 保险库", "staff": "指挥室", "carrier": "文件夹（单向导入、摆渡）",
        "pull": "或由内区主动发起的 HTTPS", "in": "报警 · 打卡 · 应答 · 位置", "out": "队伍可见的画面 · 有时限的呼叫 · 回执",
        "never": "绝不外传：报警人、原话、号码、警力位置", "late": "两侧都显示对方的延迟",
    },
}  # fmt: skip


def drawing(language: str) -> str:
    """The picture as SVG text."""
    say = WORDS[language]
    parts = [
        _zone(20, 360, OUTER, say["outside"]),
        _zone(620, 320, INNER, say["inside"]),
        *_box(45, 80, 310, (say["callers"], say["members"])),
        *_box(45, 190, 310, (say["door"], say["door2"])),
        *_box(45, 300, 310, (say["queue"],)),
        *_box(645, 80, 270, (say["staff"],)),
        *_box(645, 190, 270, (say["desk"], say["desk2"])),
        *_box(645, 300, 270, (say["queue"],)),
        *_arrow(200, 140, 200, 186), *_arrow(200, 250, 200, 296), *_arrow(780, 296, 780, 252), *_arrow(780, 186, 780, 142),
        *_arrow(380, 200, 618, 200), _text(500, 190, say["in"], 12), *_arrow(618, 250, 382, 250), _text(500, 240, say["out"], 12),
        _text(500, 90, say["border"], 15, bold=True), _text(500, 112, say["carrier"], 12), _text(500, 130, say["pull"], 12),
        _text(500, 290, say["never"], 12, colour=RED), _text(500, 315, say["late"], 12, colour=SOFT),
    ]  # fmt: skip
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif">'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return "\n".join([head, f"<title>{escape(say['border'])}</title>", ground, *parts, "</svg>"]) + "\n"


def _zone(x: int, width: int, colour: str, name: str) -> str:
    rect = f'<rect x="{x}" y="20" width="{width}" height="390" rx="10" fill="{colour}" stroke="{SOFT}"/>'
    return f"{rect}\n{_text(x + width // 2, 50, name, 16, bold=True)}"


def _box(x: int, y: int, width: int, lines: tuple[str, ...]) -> list[str]:
    rect = f'<rect x="{x}" y="{y}" width="{width}" height="60" rx="6" fill="#ffffff" stroke="{INK}"/>'
    first = y + (36 if len(lines) == 1 else 26)
    return [
        rect,
        *(_text(x + width // 2, first + 20 * n, line, 13 if n == 0 else 12) for n, line in enumerate(lines)),
    ]


def _arrow(x: int, y: int, to_x: int, to_y: int) -> list[str]:
    line = f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="{INK}" stroke-width="1.5"/>'
    if x == to_x:
        back = -7 if to_y > y else 7
        points = f"{to_x},{to_y} {to_x - 4},{to_y + back} {to_x + 4},{to_y + back}"
    else:
        back = -7 if to_x > x else 7
        points = f"{to_x},{to_y} {to_x + back},{to_y - 4} {to_x + back},{to_y + 4}"
    return [line, f'<polygon points="{points}" fill="{INK}"/>']


def _text(x: int, y: int, words: str, size: int, *, bold: bool = False, colour: str = INK) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="middle" fill="{colour}"{weight}>{escape(words)}</text>'


def main() -> int:
    """Write both pictures; return 0."""
    for language in WORDS:
        (FOLDER / f"two-zones-{language}.svg").write_text(drawing(language), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
