"""Writes build/sbom.json: every package that this release is made of, as a CycloneDX 1.6 document.

Idea: read from the locks that the release is installed by (pyproject.toml, constraints.txt, web/package-lock.json), so it cannot differ from them, and the
same locks give the same bytes: no date, no number drawn by lot. Packages are named by package URL; where they were fetched from is nobody's business.
Limits: Python's locks tell exact versions but not who needs whom beyond our own list; the page's lock tells both.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "sbom.json"
HASHES = {"sha512": "SHA-512", "sha384": "SHA-384", "sha256": "SHA-256", "sha1": "SHA-1"}


def normal(name: str) -> str:
    """A Python package's name as package URLs write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def python_parts(root: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Components of constraints.txt, and the references of those that running the service asks for by name."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {normal(pin.split("==")[0]) for pin in project["dependencies"]}
    tools = {normal(pin.split("==")[0]) for pins in project["optional-dependencies"].values() for pin in pins}
    parts = []
    for line in (root / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.strip().split("==")
            url = f"pkg:pypi/{normal(name)}@{version}"
            part = {"type": "library", "name": normal(name), "version": version, "purl": url, "bom-ref": url}
            if normal(name) in tools - wanted:
                part["scope"] = "optional"
            parts.append(part)
    return parts, [part["bom-ref"] for part in parts if part["name"] in wanted]


def page_parts(root: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Components of the page's lock, who needs whom, and the references of what package.json names."""
    lock = json.loads((root / "web/package-lock.json").read_text(encoding="utf-8"))["packages"]
    parts, needs = [], []
    for place, entry in lock.items():
        if not place:
            continue
        reference = npm_url(place, entry)
        name = place.rpartition("node_modules/")[2]
        group, _, last = name.rpartition("/")
        part: dict[str, Any] = {"type": "library", "name": last, "version": entry["version"], "purl": reference, "bom-ref": reference}  # fmt: skip
        if group:
            part["group"] = group
        if entry.get("optional") or entry.get("peer"):
            part["scope"] = "optional"
        if "license" in entry:
            part["licenses"] = [{"expression": entry["license"]}]
        if "integrity" in entry:
            part["hashes"] = [hash_of(each) for each in entry["integrity"].split()]
        parts.append(part)
        asked = {**entry.get("dependencies", {}), **entry.get("optionalDependencies", {})}
        held = [found for each in asked if (found := resolved(lock, place, each)) is not None]
        needs.append({"ref": reference, "dependsOn": sorted({npm_url(found, lock[found]) for found in held})})
    top = lock[""]
    direct = [
        found for each in {**top.get("dependencies", {}), **top.get("devDependencies", {})} if (found := resolved(lock, "", each))
    ]  # fmt: skip
    return parts, needs, [npm_url(found, lock[found]) for found in direct]


def npm_url(place: str, entry: dict[str, Any]) -> str:
    """The package URL of an entry of the lock."""
    return f"pkg:npm/{quote(place.rpartition('node_modules/')[2], safe='/')}@{entry['version']}"


def resolved(lock: dict[str, Any], place: str, name: str) -> str | None:
    """Where the package that `place` asks for by `name` lies: beside it, or in the nearest folder above; None where it was not installed."""
    while True:
        found = f"{place}/node_modules/{name}" if place else f"node_modules/{name}"
        if found in lock:
            return found
        if not place:
            return None
        place = place.rpartition("/node_modules/")[0] if "/node_modules/" in place else ""


def hash_of(integrity: str) -> dict[str, str]:
    """A hash as the lock writes it (base64), as CycloneDX writes it (hex)."""
    name, _, content = integrity.partition("-")
    return {"alg": HASHES[name], "content": base64.b64decode(content).hex()}


def document(root: Path) -> dict[str, Any]:
    """The whole bill of materials."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python, wanted = python_parts(root)
    page, needs, direct = page_parts(root)
    own = f"pkg:generic/{project['name']}@{project['version']}"
    unique = {part["bom-ref"]: part for part in [*python, *page]}
    who = {each["ref"]: each for each in needs}
    body = {
        "metadata": {
            "component": {
                "type": "application", "name": project["name"], "version": project["version"], "bom-ref": own, "purl": own,
                "licenses": [{"expression": project["license"]}],
            }
        },
        "components": [unique[reference] for reference in sorted(unique)],
        "dependencies": [
            {"ref": own, "dependsOn": sorted({*wanted, *direct})},
            *(who[reference] for reference in sorted(who)),
        ],
    }  # fmt: skip
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(body, sort_keys=True))
    head = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
    }
    return {**head, **body}


def main() -> int:
    """Write the document."""
    OUT.parent.mkdir(parents=True, exist_ok=True)
    found = document(ROOT)
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{len(found['components'])} components in {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
