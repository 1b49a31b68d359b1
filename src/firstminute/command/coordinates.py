"""A place that somebody reads out as numbers: degrees in either order, with or without letters, in WGS-84 or in the datum that is named.

Idea: `23.1291, 113.2644`, `113.2644 23.1291`, `N23.1291 E113.2644`, `23°07'45"N 113°15'52"E`; `gcj` (高德, 腾讯, 谷歌) or `bd` (百度) before or after the
numbers says from which map they were read. Without letters the order that lies in the city is taken, and longitude first where both or neither do.
Limits: two numbers and nothing else; no grids, no plus codes.
"""

from __future__ import annotations

import re
import unicodedata

from firstminute.geo.datum import MAINLAND, Datum, Ring, convert

Box = tuple[float, float, float, float]
_NAMED: tuple[tuple[re.Pattern[str], Datum], ...] = (
    (re.compile(r"gcj-?0?2?|高德|腾讯|腾迅|谷歌|amap|火星"), "gcj02"),
    (re.compile(r"bd-?0?9?|百度|baidu"), "bd09"),
    (re.compile(r"wgs-?84|gps|北斗"), "wgs84"),
)
_SIZE = r"""(?P<whole>[-+]?\d{1,3}(?:\.\d+)?)\s*(?:[°度]\s*(?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*['′分]\s*)?(?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*["″秒]\s*)?)?"""
_LETTER = "[nsew东西南北]"
_BEFORE = re.compile(rf"(?P<letter>{_LETTER}?)\s*{_SIZE}")
_BEHIND = re.compile(rf"{_SIZE}(?P<letter>{_LETTER}?)")
_FILLING = re.compile(r"[\s,;:/，；：、()]|lon|lat|lng|北纬|东经|经度|纬度")
_AXIS = {"n": "lat", "s": "lat", "北": "lat", "南": "lat", "e": "lon", "w": "lon", "东": "lon", "西": "lon"}
_MINUS = "sw南西"


def read_point(
    text: str, bbox: Box | None = None, *, mask: Ring = MAINLAND
) -> tuple[float, float, Datum] | None:
    """Longitude and latitude in WGS-84 and the datum that was said, None where the text is no such place.

    >>> read_point("23.1291, 113.2644")
    (113.2644, 23.1291, 'wgs84')
    >>> read_point("百度 113.2709,23.1351") is not None
    True
    """
    words = unicodedata.normalize("NFKC", text).casefold().strip()
    datum: Datum = "wgs84"
    for pattern, name in _NAMED:
        words, found = pattern.subn(" ", words, count=1)
        if found:
            datum = name
            break
    words = words.replace("北纬", "n").replace("南纬", "s").replace("东经", "e").replace("西经", "w")
    pattern = _BEFORE if re.match(_LETTER, words.strip()) else _BEHIND
    angles = list(pattern.finditer(words))
    if len(angles) != 2 or _FILLING.sub("", pattern.sub("", words)):
        return None
    values = [(_degrees(each), each["letter"]) for each in angles]
    if not any("." in each[0] or "°" in each[0] or "度" in each[0] for each in angles):
        return None
    placed = _ordered(values, bbox)
    if placed is None:
        return None
    lon, lat = convert(placed[0], placed[1], source=datum, target="wgs84", mask=mask)
    return round(float(lon), 7), round(float(lat), 7), datum


def _degrees(found: re.Match[str]) -> float:
    whole = float(found["whole"])
    size = abs(whole) + float(found["minutes"] or 0) / 60 + float(found["seconds"] or 0) / 3600
    return -size if whole < 0 or (found["letter"] and found["letter"] in _MINUS) else size


def _ordered(values: list[tuple[float, str]], bbox: Box | None) -> tuple[float, float] | None:
    """(lon, lat) of two angles, by their letters, by what is possible, by where the city lies."""
    (first, letter), (second, other) = values
    axes = _AXIS.get(letter), _AXIS.get(other)
    if axes[0] is not None and axes[0] == axes[1]:
        return None
    asked = [(first, second), (second, first)]
    if axes[0] == "lat" or axes[1] == "lon":
        asked = asked[1:]
    elif axes[0] == "lon" or axes[1] == "lat":
        asked = asked[:1]
    possible = [(lon, lat) for lon, lat in asked if abs(lon) <= 180 and abs(lat) <= 90]
    if bbox is not None:
        west, south, east, north = bbox
        within = [(lon, lat) for lon, lat in possible if west <= lon <= east and south <= lat <= north]
        possible = within or possible
    return possible[0] if possible else None
