"""The service calls nobody but whom its operator names (`ASKED`, `WEBHOOKS`), and reads no XML: no webhook to be sent to an inner address, no entity to be
expanded. What would change that fails here first.

Webhooks leave through `gateways.webhook.transport` (tests/gateways/test_webhook.py), and only to hosts that the operator named; all other messages leave as
files in a folder (`app.outgoing`), from which a gateway of the operator's own fetches them.
"""

from __future__ import annotations

import ast
from pathlib import Path

from firstminute.app.settings import Settings
from firstminute.app.webhooks import line_of
from firstminute.gateways.webhook.addresses import Allowed
from tests.support import house

ROOT = Path(__file__).resolve().parent.parent
TREE = house.modules(ROOT / "src")
CLIENTS = {
    "aiohttp", "ftplib", "http.client", "httpx", "imaplib", "nats", "paramiko", "poplib", "pycurl", "requests", "smtplib", "telnetlib", "urllib.request",
    "urllib3", "websockets.client", "websockets.sync.client", "xmlrpc",
}  # fmt: skip
ASKED = {
    "firstminute/app/sso.py": "the issuer of single sign-on that the operator names: over TLS, without redirects, bounded; tests/app/test_sso.py lies to it",
    "firstminute/app/border/pull.py": "the one address of the zone outside that the operator of the inner zone names",
}
"""Who calls out all the same, and whom."""
CONNECTING = {
    "create_connection",
    "open_connection",
    "open_unix_connection",
    "connect_ex",
    "sock_connect",
    "urlopen",
}
XML = {"xml", "lxml", "defusedxml", "expat", "bs4", "html5lib"}
SHELLS = {"system", "popen", "getoutput", "create_subprocess_shell"}


def imported(tree: ast.Module) -> set[str]:
    """Every module that is named in an import, with its parents."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names | {name.split(".")[0] for name in names}


def called(tree: ast.Module) -> set[str]:
    """The last word of everything that is called."""
    return {ast.unparse(node.func).split(".")[-1] for node in ast.walk(tree) if isinstance(node, ast.Call)}


WEBHOOKS = "firstminute/gateways/webhook/transport.py"


def test_44_52_no_module_of_the_service_calls_out() -> None:
    for module in TREE:
        assert bool(imported(module.tree) & CLIENTS) == (module.path in ASKED), module.path
        assert bool(called(module.tree) & CONNECTING) == (module.path == WEBHOOKS), module.path


def test_44_without_a_named_host_nothing_leaves() -> None:
    """As it comes, the service calls nobody: both lists are empty."""
    settings = Settings()
    assert line_of(settings).allowed == Allowed()


def test_25_26_27_no_module_of_the_service_reads_xml() -> None:
    for module in TREE:
        assert not imported(module.tree) & XML, module.path


def test_no_module_of_the_service_starts_a_shell() -> None:
    for module in TREE:
        assert not called(module.tree) & SHELLS, module.path
        for node in ast.walk(module.tree):
            if isinstance(node, ast.keyword) and node.arg == "shell":
                raise AssertionError(module.path)


def test_what_is_looked_for_is_found_where_it_is_planted() -> None:
    planted = ast.parse("from urllib.request import urlopen\nimport xml.sax\nurlopen('x')\nos.system('x')\n")
    assert imported(planted) & CLIENTS and imported(planted) & XML
    assert called(planted) & CONNECTING and called(planted) & SHELLS
