"""A city on disk: one `.npy` file an array, opened memory-mapped, and `city.json` with everything that is not an array.

Idea: dataclasses of arrays are written field by field under dotted names, so that what can be searched is what lies on disk and opening a
city reads nothing until it is used. A city is written into a directory beside its place and moved there at the end: nobody ever opens a
half-written one. `FORMAT` is checked on opening. Limits: little-endian machines; no compression, the arrays are used as they lie.
"""

from __future__ import annotations

import json
import os
import shutil
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstminute.store.ground_osm import GroundSourceError

FORMAT = 2
CITY_FILE = "city.json"
Array = NDArray[Any]
Plain = str | int | float | bool | None


def flatten(value: object, prefix: str, arrays: dict[str, Array], plain: dict[str, Plain]) -> None:
    """Put a dataclass, mapping, array or plain value into `arrays` and `plain` under dotted names."""
    if isinstance(value, np.ndarray):
        arrays[prefix] = value
    elif is_dataclass(value) and not isinstance(value, type):
        plain[f"{prefix}!"] = type(value).__name__
        for part in fields(value):
            flatten(getattr(value, part.name), f"{prefix}.{part.name}", arrays, plain)
    elif isinstance(value, Mapping):
        plain[f"{prefix}!keys"] = json.dumps(list(value))
        for key, item in value.items():
            flatten(item, f"{prefix}.{key}", arrays, plain)
    elif isinstance(value, str | int | float | bool | None) or np.isscalar(value):
        plain[prefix] = value.item() if isinstance(value, np.generic) else typing.cast(Plain, value)
    else:
        raise TypeError(f"{prefix}: {type(value).__name__} cannot be written")


def unflatten(kind: Any, prefix: str, arrays: Mapping[str, Array], plain: Mapping[str, Plain]) -> Any:
    """The value of a given type that was flattened under a name."""
    if prefix in arrays:
        return arrays[prefix]
    if prefix in plain:
        return plain[prefix]
    for option in _options(kind):
        if is_dataclass(option) and f"{prefix}!" in plain:
            hints = typing.get_type_hints(option)
            values = {
                f.name: unflatten(hints[f.name], f"{prefix}.{f.name}", arrays, plain) for f in fields(option)
            }
            return typing.cast(Any, option)(**values)
        if f"{prefix}!keys" in plain:
            item = (typing.get_args(option) or (Any, Any))[-1]
            keys = json.loads(str(plain[f"{prefix}!keys"]))
            return {key: unflatten(item, f"{prefix}.{key}", arrays, plain) for key in keys}
    raise GroundSourceError("ground.incomplete_city", path=prefix, missing=prefix)


def _options(kind: Any) -> tuple[Any, ...]:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return typing.get_args(kind)
    return (kind,)


def write_city(
    out: Path, arrays: Mapping[str, Array], plain: Mapping[str, Plain], about: Mapping[str, Any]
) -> str:
    """Write a city and move it into place.

    Parameters
    ----------
    out : directory; must not exist, be empty, or hold an earlier city, which is replaced
    arrays, plain : see `flatten`
    about : what `city info` tells

    Returns
    -------
    digest of all arrays and plain values (SHA-256, hexadecimal)
    """
    _check_out(out)
    work = out.with_name(f".{out.name}.building-{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        digest = sha256()
        for name in sorted(arrays):
            array = np.ascontiguousarray(arrays[name])
            np.save(work / f"{name}.npy", array, allow_pickle=False)
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(array.tobytes())
        digest.update(json.dumps(dict(plain), sort_keys=True).encode())
        content = {
            "format": FORMAT,
            "digest": digest.hexdigest(),
            **about,
            "plain": dict(plain),
            "arrays": sorted(arrays),
        }
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        (work / CITY_FILE).write_text(text, encoding="utf-8")
        _replace(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return digest.hexdigest()


def _check_out(out: Path) -> None:
    if out.is_dir():
        if any(out.iterdir()) and not (out / CITY_FILE).exists():
            raise GroundSourceError("ground.out_not_empty", path=str(out))
    elif out.exists():
        raise GroundSourceError("ground.out_is_file", path=str(out))


def _replace(work: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.old-{os.getpid()}")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(
            old
        )  # processes that have the old arrays mapped keep them: the files live on until they are closed
    work.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def read_about(path: Path) -> dict[str, Any]:
    """`city.json` of a city.

    Raises
    ------
    GroundSourceError : no city there, unreadable, or of another format
    """
    try:
        about = json.loads((path / CITY_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise GroundSourceError("ground.no_city", path=str(path)) from error
    except NotADirectoryError as error:
        raise GroundSourceError("ground.no_city", path=str(path)) from error
    except (ValueError, OSError) as error:
        raise GroundSourceError("ground.broken_city", path=str(path), reason=str(error)[:200]) from error
    if isinstance(about, dict) and about.get("format") == FORMAT:
        missing = sorted({"about", "arrays", "digest", "plain"} - set(about))
        if missing:
            raise GroundSourceError("ground.incomplete_city", path=str(path), missing=missing[0])
    else:
        found = about.get("format") if isinstance(about, dict) else None
        raise GroundSourceError("ground.other_format", path=str(path), found=str(found), expected=FORMAT)
    return about


def open_arrays(path: Path, about: Mapping[str, Any]) -> dict[str, Array]:
    """Every array of a city, memory-mapped; what is written to one stays in this process and never reaches the file."""
    arrays: dict[str, Array] = {}
    for name in about["arrays"]:
        try:
            file = path / f"{name}.npy"
            # "c" = copy on write and no subclass, because numba would compile every kernel again for read-only or memmap types
            arrays[name] = np.asarray(np.load(file, mmap_mode="c", allow_pickle=False))
        except (OSError, ValueError) as error:
            raise GroundSourceError("ground.incomplete_city", path=str(path), missing=name) from error
    return arrays
