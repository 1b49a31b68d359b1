"""Error codes: every code that the source can raise, with its sentence in both languages."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from scripts.reference.text import page, table

ROOT = Path(__file__).resolve().parent.parent.parent
MESSAGES = ROOT / "src/firstminute/app/messages"
LANGUAGES = ("en", "zh-CN")


def messages(language: str) -> dict[str, str]:
    """The catalogue of one language, flat."""
    return flatten(json.loads((MESSAGES / f"{language}.json").read_text(encoding="utf-8")))


def flatten(tree: dict[str, object], prefix: str = "") -> dict[str, str]:
    """Nested catalogue keys joined with dots."""
    flat: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat |= flatten(value, f"{name}.")
        else:
            flat[name] = str(value)
    return flat


CODE_AT = {"Refused": 0, "Problem": 0, "_refused": 1, "answered": 2}
"""The calls that say a code, and where among their arguments it stands."""


def refused_codes() -> dict[str, str]:
    """Every literal code of a `Refused(...)`, a `Problem(...)` or an answer of the desk's own in the source, with the file it stands in first."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and (at := CODE_AT.get(ast.unparse(node.func).split(".")[-1])) is not None
                and len(node.args) > at
            ):
                code = node.args[at]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.setdefault(code.value, path.relative_to(ROOT / "src" / "firstminute").as_posix())
    return found


def errors_page() -> str:
    """Codes with their sentences."""
    sentences = {language: messages(language) for language in LANGUAGES}
    places = refused_codes()
    keys = sorted(
        {f"refused.{code}" for code in places}
        | {key for key in sentences["en"] if key.startswith("refused.")}
    )
    rows = [
        (f"`{key.removeprefix('refused.')}`", *(sentences[language].get(key, "") for language in LANGUAGES))
        for key in keys
    ]
    lead = "An act that is not lawful now is refused with a code that stays the same for ever; the sentence is made for the reader."
    return page("Error codes", lead, table(("code", "English", "中文"), rows))
