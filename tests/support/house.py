"""The house rules as functions over syntax trees: each takes the modules of a tree and returns what it found wrong, one line each.

Idea: what a reader must be able to rely on (direction of imports, purity of the core, size, documentation, error habits) is checked by about 200 lines
of standard library, so that the rule can be read and tried on a planted tree. Source: DESIGN.md §3. Limits: names are read as written; a clock
hidden behind an alias of an alias is not found here, import-linter sees the import.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LAYERS: tuple[tuple[str, ...], ...] = (
    ("model",),
    ("geo",),
    ("respond", "sense", "deploy", "govern", "community", "cases", "command"),
    ("flow",),
    ("api", "gateways", "store", "simulate"),
    ("ext",),
    ("app",),
)
RANK = {package: rank for rank, layer in enumerate(LAYERS) for package in layer}
PURE = frozenset(package for layer in LAYERS[:4] for package in layer)
CAPABILITIES = frozenset(LAYERS[2])

# What the pure packages may import at all: the parts of the standard library that neither read nor change the world, and arrays.
PURE_IMPORTS = frozenset(
    "__future__ abc array base64 binascii bisect collections contextlib copy dataclasses datetime decimal enum fractions functools graphlib "
    "hashlib heapq hmac inspect itertools json keyword math numbers operator re statistics string struct textwrap types typing "
    "typing_extensions unicodedata zlib firstminute".split()
)
ARRAYS = frozenset({"numpy", "numba", "scipy"})
GEO_IMPORTS = frozenset({"pyroutingkit"})
BANNED_CALLS = frozenset({"open", "eval", "exec", "input", "print", "__import__", "breakpoint"})
BANNED_METHODS = frozenset(
    "now utcnow today fromtimestamp read_text write_text read_bytes write_bytes getenv environ tofile perf_counter monotonic".split()
)
BANNED_ARRAY_IO = frozenset(
    "load save savez savez_compressed memmap fromfile loadtxt savetxt genfromtxt".split()
)

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
MAX_POSITIONAL = 5

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, path as shown to people, text and tree."""

    name: str
    path: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The folder (or file) right under the root package, '' for the root itself."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""


def modules(source: Path) -> list[Module]:
    """Every module below `source`, the folder that holds the root package `firstminute`."""
    found = []
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(source)
        dotted = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        found.append(Module(dotted, relative.as_posix(), text, ast.parse(text, filename=str(path))))
    return found


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a module imports, relative imports resolved."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                is_package = module.path.endswith("__init__.py")
                parts = module.name.split(".")
                kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*kept, *([base] if base else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def wrong_direction(tree: list[Module]) -> list[str]:
    """Imports that go up or sideways, and packages that have no place in `LAYERS`."""
    found = []
    for module in tree:
        here = module.package
        if here and here not in RANK:
            found.append(f"{module.path}: package {here} has no layer")
            continue
        for line, name in imports(module):
            parts = name.split(".")
            if parts[0] != "firstminute" or len(parts) < 2 or not here:
                continue
            there = parts[1]
            if there != here and there in RANK and RANK[there] >= RANK[here]:
                found.append(f"{module.path}:{line}: {here} must not import {there}")
    return found


def impure(tree: list[Module]) -> list[str]:
    """Clocks, randomness, files, sockets, threads, environment and logging in the pure packages."""
    found = []
    for module in tree:
        if module.package not in PURE:
            continue
        allowed = PURE_IMPORTS | (ARRAYS if module.package != "model" else frozenset())
        allowed |= GEO_IMPORTS if module.package == "geo" else frozenset()
        for line, name in imports(module):
            if name.split(".")[0] not in allowed:
                found.append(f"{module.path}:{line}: a pure package imports {name}")
        annotations = {id(part) for node in ast.walk(module.tree) for part in _annotation_parts(node)}
        for node in ast.walk(module.tree):
            found += [f"{module.path}:{line}: {what}" for line, what in _impure_node(node, annotations)]
    return found


def _annotation_parts(node: ast.AST) -> Iterator[ast.AST]:
    for owned in (getattr(node, "annotation", None), getattr(node, "returns", None)):
        if isinstance(owned, ast.AST):
            yield from ast.walk(owned)


def _impure_node(node: ast.AST, annotations: set[int]) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
        yield node.lineno, f"calls {node.func.id}()"
    elif isinstance(node, ast.Global):
        yield node.lineno, f"changes a global: {', '.join(node.names)}"
    elif isinstance(node, ast.Attribute) and id(node) not in annotations:
        of_numpy = isinstance(node.value, ast.Name) and node.value.id in {"np", "numpy"}
        if node.attr in BANNED_METHODS:
            yield node.lineno, f"uses .{node.attr}"
        elif of_numpy and (node.attr == "random" or node.attr in BANNED_ARRAY_IO):
            yield node.lineno, f"uses numpy.{node.attr}"


def too_large(tree: list[Module], *, exceptions: dict[str, str]) -> list[str]:
    """Files, functions and parameter lists beyond the house's sizes, except where a reason is listed."""
    found = []
    for module in tree:
        lines = module.text.count("\n")
        if lines > MAX_FILE_LINES and module.path not in exceptions:
            found.append(f"{module.path}: {lines} lines, at most {MAX_FILE_LINES}")
        for function in _functions(module.tree):
            length = _code_lines(function)
            if length > MAX_FUNCTION_LINES and f"{module.path}:{function.name}" not in exceptions:
                found.append(
                    f"{module.path}:{function.lineno}: {function.name} has {length} lines, at most {MAX_FUNCTION_LINES}"
                )
            names = [
                a.arg
                for a in (*function.args.posonlyargs, *function.args.args)
                if a.arg not in {"self", "cls"}
            ]
            if len(names) > MAX_POSITIONAL and not _is_kernel(function):
                found.append(
                    f"{module.path}:{function.lineno}: {function.name} takes {len(names)} positional parameters, at most {MAX_POSITIONAL}"
                )
    return found


def _functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def _code_lines(function: Function) -> int:
    """Lines of a function without its docstring, which may be as long as the method needs."""
    whole = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        whole -= (first.end_lineno or first.lineno) - first.lineno + 1
    return whole


def _is_kernel(function: Function) -> bool:
    """Whether numba compiles it: kernels cannot have keyword-only parameters, so their list may be long."""
    return any(
        "jit" in ast.unparse(decorator) or "vectorize" in ast.unparse(decorator)
        for decorator in function.decorator_list
    )


def undocumented(tree: list[Module]) -> list[str]:
    """Modules, public classes, functions and methods without a docstring."""
    found = []
    for module in tree:
        if not ast.get_docstring(module.tree):
            found.append(f"{module.path}: no module docstring")
        found += [
            f"{module.path}:{node.lineno}: {node.name} has no docstring" for node in _public(module.tree.body)
        ]
    return found


def _public(body: list[ast.stmt]) -> Iterator[ast.ClassDef | Function]:
    for node in body:
        if isinstance(node, (ast.If, ast.Try)):
            yield from _public(node.body)
        if not isinstance(node, (ast.ClassDef, *Function.__args__)) or node.name.startswith("_"):
            continue
        decorators = {ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list}
        if not ast.get_docstring(node) and not decorators & {"overload", "override", "setter"}:
            yield node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body)


def broad_excepts(tree: list[Module]) -> list[str]:
    """Handlers that catch everything, outside the shells whose job is to survive it (`app`, transports)."""
    found = []
    for module in tree:
        if module.package == "app" or "transport" in module.name.split("."):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and not _raises_again(node):
                caught = ast.unparse(node.type) if node.type else "everything"
                if node.type is None or any(
                    word in {"Exception", "BaseException"} for word in caught.strip("()").split(", ")
                ):
                    found.append(f"{module.path}:{node.lineno}: catches {caught}")
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                if any(ast.unparse(argument) in {"Exception", "BaseException"} for argument in node.args):
                    found.append(f"{module.path}:{node.lineno}: suppresses everything")
    return found


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only cleans up: it ends by raising what it caught."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def misshapen(tree: list[Module]) -> list[str]:
    """Folds that raise, and decisions whose result is not a list: the shapes of DESIGN.md §3 that a tree can show."""
    found = []
    for module in tree:
        if module.package not in PURE:
            continue
        for function in _functions(module.tree):
            if function.name == "fold" or function.name.startswith("fold_"):
                if any(isinstance(node, ast.Raise) for node in ast.walk(function)):
                    found.append(
                        f"{module.path}:{function.lineno}: {function.name} raises, a fold accepts every recorded fact"
                    )
                if function.name == "fold" and len(function.args.args) < 2:
                    found.append(f"{module.path}:{function.lineno}: {function.name} is not fold(slice, fact)")
            if isinstance(function, ast.AsyncFunctionDef):
                found.append(f"{module.path}:{function.lineno}: {function.name} is async in a pure package")
    return found


def unfinished(files: list[tuple[str, str]]) -> list[str]:
    """Marks of work left undone and tests that do not run, in (path, text) pairs."""
    marks = [
        first + second
        for first, second in (
            ("TO", "DO"),
            ("FIX", "ME"),
            ("xf", "ail("),
            ("mark.sk", "ip"),
            ("pytest.sk", "ip("),
        )
    ]
    marks += ["import" + "orskip", "raise Not" + "ImplementedError", "unittest.sk" + "ip"]
    return [
        f"{path}:{number}: {mark}"
        for path, text in files
        for number, line in enumerate(text.splitlines(), 1)
        for mark in marks
        if mark in line
    ]
