"""One connection to a PostgreSQL server, and what is asked of it before anything is written there.

Idea (trust.md findings 4 and 5): a durability setting is asserted, never trusted, and decisions are read from the primary only.
Nothing leaves this machine unencrypted: a server elsewhere is reached by verified TLS or not at all.
Limits: `synchronous_commit=on` makes a commit durable on the primary; on a standby as well only where the server's `synchronous_standby_names` names one.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8Dumper

from firstminute.store.errors import StorageRefused
from firstminute.store.record import shown

OLDEST = 150_000
"""The oldest server that the tests run on: 15."""
NEEDED = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply"),
    "data_sync_retry": ("off",),
    "track_activities": ("on",),
}
"""Settings without which an acknowledged commit may be lost (the last: without which a stand-by hears no leader), and what they may be."""
SHOWN = (*NEEDED, "synchronous_standby_names", "server_version")
ASK = "SELECT pg_is_in_recovery(), {}".format(", ".join(f"current_setting('{name}')" for name in SHOWN))
CONNECT_S = 5
LOCAL = ("localhost", "127.0.0.1", "::1")
VERIFIED = ("verify-full", "verify-ca")


def connected(url: str, application: str, **more: Any) -> psycopg.Connection[Any]:
    """A connection of the driver's own. Whole numbers always travel as 64 bits, so that a statement is prepared once.

    Raises
    ------
    psycopg.Error : the server cannot be reached, or does not let us in
    StorageRefused : it is elsewhere, and its certificate is not to be verified
    """
    more = {**encrypted(url), **more}
    defaults: dict[str, Any] = {
        "connect_timeout": CONNECT_S,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "client_encoding": "utf8",
    }
    connection = psycopg.connect(url, **{**defaults, "application_name": application, **more})
    connection.adapters.register_dumper(int, Int8Dumper)
    return connection


def encrypted(url: str) -> dict[str, str]:
    """What a connection needs beside its URL so that nobody on the way reads it or takes the server's place.

    Raises
    ------
    StorageRefused : the URL is none, or asks for less than a verified certificate of a server that is not on this machine

    >>> encrypted("postgresql://desk@db.example/city"), encrypted("postgresql:///city?host=/run/postgresql")
    ({'sslmode': 'verify-full'}, {})
    """
    try:
        asked = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise StorageRefused(
            "no_database_url", f"{shown(url)} is no URL of PostgreSQL", url=shown(url)
        ) from None
    hosts = [host for name in ("host", "hostaddr") for host in str(asked.get(name) or "").split(",") if host]
    if all(host.startswith(("/", "@")) or host in LOCAL for host in hosts):
        return {}
    if asked.get("sslmode", VERIFIED[0]) not in VERIFIED:
        said = f"{shown(url)} is on another machine and its certificate would not be verified: sslmode=verify-full is needed"
        raise StorageRefused("unverified_server", said, url=shown(url))
    return {"sslmode": str(asked.get("sslmode", VERIFIED[0]))}


def ask(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """The server's settings that matter.

    Raises
    ------
    StorageRefused : it is a standby, or a commit could be lost on it
    """
    row = connection.execute(ASK).fetchone()
    assert row is not None
    if row[0]:
        said = "this PostgreSQL server is a standby (in recovery): decisions are read and written on the primary only"
        raise StorageRefused("in_recovery", said)
    found = dict(zip(SHOWN, row[1:], strict=True))
    wrong = {name: found[name] for name, allowed in NEEDED.items() if found[name] not in allowed}
    if wrong:
        needed = ", ".join(f"{name}={NEEDED[name][0]}" for name in wrong)
        said = f"PostgreSQL is not durable: {wrong}; needed: {needed}"
        raise StorageRefused(
            "server_not_durable", said, found=", ".join(f"{k}={v}" for k, v in wrong.items()), needed=needed
        )
    return found


def refuse_unfit(version: int, encoding: str, collation: str) -> None:
    """Raise StorageRefused for a server that is too old, text that is not UTF-8, or an order of text that an update of the system may change."""
    if version < OLDEST:
        raise StorageRefused(
            "too_old",
            f"PostgreSQL {version // 10_000} is too old: 15 or newer is needed",
            version=version // 10_000,
        )
    if encoding != "UTF8" or collation not in ("C", "POSIX", "C.UTF-8", "C.utf8"):
        said = f"the database has encoding {encoding} and collation {collation}; make it with --encoding=UTF8 --locale=C --template=template0"
        raise StorageRefused("unfit_database", said, encoding=encoding, collation=collation)


def unreachable(url: str, problem: Exception) -> StorageRefused:
    """What to tell where there is no connection; never the password."""
    cause = getattr(problem, "orig", None) or problem
    reason = str(cause).strip().splitlines()[0][:300] if str(cause).strip() else type(cause).__name__
    said = f"no connection to {shown(url)}: {reason}"
    return StorageRefused("unreachable", said, url=shown(url), reason=reason)
