"""A PostgreSQL server of the tests' own: made in a temporary directory, on a private unix socket, gone with the process that asked for it.

Idea: nothing that runs or is set up on the machine is used or touched. initdb refuses to run as root, so root lends the server to an ordinary user.
Every record that a test opens gets a schema of its own, which costs milliseconds where a database costs tenths of a second.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

OWNER, ROLE, NAME = "keeper", "firstminute", "city"
USERS = ("postgres", "nobody")
WITHIN_S = 30.0
SETTINGS = {
    "listen_addresses": "", "max_connections": "200", "shared_buffers": "32MB", "fsync": "on", "full_page_writes": "on",
    "synchronous_commit": "on", "autovacuum_naptime": "10s", "logging_collector": "off", "log_min_messages": "fatal",
}  # fmt: skip


def programs() -> Path:
    """Where Debian puts the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("PostgreSQL is not installed: run scripts/ensure_test_tools.sh")
    return found[-1].parent


class Server:
    """A running server; `url` of a fresh record on it."""

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="firstminute-pg-"))
        self._user = self._lent()
        self._settings = {**SETTINGS, **settings}
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb",
            "--pgdata",
            self._data,
            "--username",
            OWNER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        with (self.folder / "data" / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in self._settings.items())
        self.start()
        with self.owner() as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(NAME), sql.Identifier(ROLE))
            )
        atexit.register(self.close, os.getpid())

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _lent(self) -> dict[str, object]:
        """Root lends the folder to an ordinary user, and runs the server as that user."""
        if os.geteuid() != 0:
            return {}
        user = next(pwd.getpwnam(name) for name in USERS if _known(name))
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(programs() / program), *arguments],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            env=_plain(),
            **self._user,  # type: ignore[call-overload]
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr}{done.stdout}")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command: Sequence[str] = [str(programs() / "postgres"), "-D", self._data, "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd="/", stdout=log, stderr=log, env=_plain(), **self._user
            )  # type: ignore[call-overload]
        until = time.monotonic() + WITHIN_S
        while True:
            try:
                self.owner().close()
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.05)
            else:
                return

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stop it: SIGINT ends sessions and writes what is in memory, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(WITHIN_S)
            self._process = None

    def owner(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """The superuser's connection, for what an operator does."""
        return psycopg.connect(host=str(self.folder), user=OWNER, dbname=database, autocommit=True)

    def url(self, schema: str | None = None, database: str = NAME, **more: str) -> str:
        """The URL of a record: a fresh schema of its own, or one named before."""
        if schema is None:
            schema = f"r{next(self._numbers)}"
            with self.owner(database) as connection:
                connection.execute(
                    sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(
                        sql.Identifier(schema), sql.Identifier(ROLE)
                    )
                )
        options = "".join(f" -c {name}={value}" for name, value in {"search_path": schema, **more}.items())
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.folder), safe='')}&options={quote(options.strip(), safe='')}"

    def close(self, of: int | None = None) -> None:
        """Stop it and forget everything; nothing in a process that was forked off the one that made it."""
        if of in (None, os.getpid()):
            self.stop(signal.SIGQUIT)
            shutil.rmtree(self.folder, ignore_errors=True)


_ONE: list[Server] = []


def the_server() -> Server:
    """The server that all tests of this process share, started when it is first asked for."""
    if not _ONE:
        _ONE.append(Server())
    return _ONE[0]


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _plain() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
