"""The tour on paper: four views of a screen on one sheet, and the index of all sheets in both languages."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser

from scripts.tour.names import NAMES

View = tuple[str, str]
"""Language, theme."""
QUALITY = 0.72
COUNTED = re.compile(r"\]\(([\w-]+)\.webp\) \| (\d+) \|")
JOIN = """
async ({ pictures, across, quality }) => {
  const shown = await Promise.all(pictures.map(async each => createImageBitmap(await (await fetch(each)).blob())))
  const [wide, high, gap] = [Math.max(...shown.map(each => each.width)), Math.max(...shown.map(each => each.height)), 12]
  const canvas = document.createElement('canvas')
  canvas.width = across * (wide + gap) - gap
  canvas.height = Math.ceil(shown.length / across) * (high + gap) - gap
  const at = canvas.getContext('2d')
  at.fillStyle = '#7a8594'
  at.fillRect(0, 0, canvas.width, canvas.height)
  shown.forEach((each, k) => at.drawImage(each, (k % across) * (wide + gap), Math.floor(k / across) * (high + gap)))
  return canvas.toDataURL('image/webp', quality)
}
"""
EN = """# Every screen

[中文](README.zh-CN.md)

Each screen in Chinese and English, light and dark, as `make tour` took it from the living demo. The last column counts what axe (WCAG 2.2 A and AA)
and the search for words that are cut found on its views.
"""
ZH = """# 全部界面

[English](README.md)

每个界面的中文与英文、浅色与深色四种样式，由 `make tour` 从运行中的演示城市截取。最后一列为 axe（WCAG 2.2 A、AA）与截断文字检查发现的问题数。
"""
HEAD = {"README.md": (EN, "| screen | picture | barriers |"), "README.zh-CN.md": (ZH, "| 界面 | 图 | 问题 |")}


def write_sheet(browser: Browser, views: Mapping[View, bytes], path: Path) -> None:
    """One WebP of all views of a screen: desks two across, phones side by side."""
    pictures = [
        f"data:image/png;base64,{base64.b64encode(views[view]).decode()}"
        for view in sorted(views, reverse=True)
    ]
    page = browser.new_page()
    high = int.from_bytes(views[next(iter(views))][20:24], "big")
    wide = int.from_bytes(views[next(iter(views))][16:20], "big")
    across = 2 if wide > high else len(pictures)
    made = page.evaluate(JOIN, {"pictures": pictures, "across": across, "quality": QUALITY})
    path.write_bytes(base64.b64decode(made.partition(",")[2]))
    page.close()


def write_index(folder: Path, found: Mapping[str, int]) -> None:
    """The two index pages: every sheet in the order of the walks, each with the number of barriers found when it was taken last."""
    index = folder / "README.md"
    kept = dict(COUNTED.findall(index.read_text(encoding="utf-8"))) if index.exists() else {}
    counts = {**kept, **{name: str(count) for name, count in found.items()}}
    names = [name for base in NAMES for name in (base, f"{base}-phone") if name in counts]
    for nth, (file, (head, titles)) in enumerate(HEAD.items()):
        lines = [head, titles, "|---|---|---|"]
        for name in names:
            words = NAMES[name.removesuffix("-phone")][1 - nth]
            if name.endswith("-phone"):
                words += " (phone)" if nth == 0 else "（手机）"
            lines.append(f"| {words} | ![{words}]({name}.webp) | {counts[name]} |")
        (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
