"""The web page's types, written from the description of the API.

Idea: every schema of the OpenAPI description becomes one TypeScript interface, so that the page and the service cannot disagree without a test that
fails. Limits: the part of JSON schema that our descriptions use; anything else is refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from firstminute.api.app import ROUTERS, describe

HEAD = "// Written by `make docs` from the description of the API (/openapi.json); do not edit.\n"
PLAIN = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}


def schema_module() -> str:
    """The module: an interface a schema, in the order of their names."""
    app = FastAPI()
    for module in ROUTERS:
        app.include_router(module.router)
    schemas = describe(app)["components"]["schemas"]
    return HEAD + "".join(_interface(name, schemas[name]) for name in sorted(schemas))


def _interface(name: str, schema: Mapping[str, Any]) -> str:
    if "properties" not in schema:
        return f"export type {name} = {type_of(schema)}\n"
    required = set(schema.get("required", ()))
    lines = [
        f"  {field}{'' if field in required else '?'}: {type_of(kind)}"
        for field, kind in schema["properties"].items()
    ]
    return "\n".join([f"export interface {name} {{", *lines, "}"]) + "\n"


def type_of(schema: Mapping[str, Any]) -> str:
    """A schema as a type.

    Raises
    ------
    ValueError : the schema uses something that is not known here
    """
    match schema:
        case {"$ref": str(where)}:
            return where.rpartition("/")[2]
        case {"enum": list(values)}:
            return " | ".join(_literal(value) for value in values)
        case {"const": value}:
            return _literal(value)
        case {"anyOf": list(parts)} | {"oneOf": list(parts)}:
            return " | ".join(dict.fromkeys(type_of(part) for part in parts))
        case {"type": "array", "prefixItems": list(parts)}:
            return f"[{', '.join(map(type_of, parts))}]"
        case {"type": "array", **rest}:
            inner = type_of(rest.get("items", {}))
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case {"type": "object", **rest}:
            return _object(rest)
        case {"type": str(name)}:
            return PLAIN[name]
    if schema.keys() <= {"title", "description", "default", "examples"}:
        return "unknown"
    raise ValueError(f"a schema that nothing is known about: {schema}")


def _object(rest: Mapping[str, Any]) -> str:
    inner = rest.get("additionalProperties")
    return f"Record<string, {type_of(inner) if isinstance(inner, dict) else 'unknown'}>"


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()
