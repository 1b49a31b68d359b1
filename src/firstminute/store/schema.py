"""The tables of the record, one declaration for SQLite and PostgreSQL.

Idea (DESIGN.md §4): `facts` is the truth and only grows; `desk_head` says where each journal stream ends and is moved by compare-and-set in
every commit; `register_rows` is the truth of the registers with its history. Everything else is a projection that could be made again from
these. Times are seconds since 1970 as double; `body` and `sealed` are the exact bytes that were hashed. Bump `REVISION` with a new file in
`migrations/versions` whenever a table changes.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text

REVISION = "0002"

metadata = MetaData()


def _text(name: str, *, key: bool = False, empty: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=empty)


def _number(name: str, *, key: bool = False, empty: bool = False) -> Column[int]:
    return Column(
        name,
        BigInteger().with_variant(Integer(), "sqlite"),
        primary_key=key,
        nullable=empty,
        autoincrement=False,
    )


def _time(name: str, *, empty: bool = False) -> Column[float]:
    return Column(name, Double, nullable=empty)


def _bytes(name: str, *, empty: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=empty)


facts = Table(
    "facts", metadata,
    _text("desk", key=True), _text("world", key=True), _number("seq", key=True),
    _time("at_s"), _time("occurred_s"), _text("time_source"), _text("kind"), _number("version"), _text("subject"),
    _text("actor"), _text("command_id"), _text("origin"), _text("because", empty=True),
    _bytes("body"), _bytes("sealed", empty=True), _number("key_id", empty=True), _bytes("chain"),
    Index("facts_subject", "desk", "world", "subject", "seq"), sqlite_with_rowid=False,
)  # fmt: skip
"""Every fact, in its envelope; `chain` = H(chain before ‖ leaf). `key_id` names the vault's key of the sealed part."""

desk_head = Table(
    "desk_head", metadata,
    _text("desk", key=True), _text("world", key=True), _number("epoch"), _number("seq"), _bytes("chain"),
)  # fmt: skip
"""The end of each stream and who may write it: a desk that finds another epoch or seq here stops."""

segments = Table(
    "segments",
    metadata,
    _text("desk", key=True),
    _text("world", key=True),
    _number("first_seq", key=True),
    _text("hash_name"),
)
"""From which fact on which hash function made the chain."""

commands = Table(
    "commands", metadata,
    _text("desk", key=True), _text("command_id", key=True), _bytes("digest"), _text("world"), _number("seq"), _text("status"),
    _text("code", empty=True), _bytes("answer"), _time("at_s"),
    Index("commands_age", "at_s"), sqlite_with_rowid=False,
)  # fmt: skip
"""What was answered to which command: the same id with the same arguments gets the same answer again."""

open_subjects = Table(
    "open_subjects", metadata,
    _text("desk", key=True), _text("world", key=True), _text("subject", key=True), _number("opened_seq"), _time("closed_s", empty=True),
    sqlite_with_rowid=False,
)  # fmt: skip
"""Subjects that live state must know: those open, and those closed a short while ago."""

standing = Table(
    "standing", metadata,
    _text("desk", key=True), _text("world", key=True), _text("kind", key=True), _text("part", key=True), _number("seq"),
)  # fmt: skip
"""The last fact of each kind that holds until the next one of its kind (grade, policy, kit …), whatever is open."""

timers = Table(
    "timers", metadata,
    _text("desk", key=True), _text("world", key=True), _text("subject", key=True), _text("timer", key=True), _number("round", key=True), _time("due_s"),
    Index("timers_due", "due_s"), sqlite_with_rowid=False,
)  # fmt: skip
"""Timers that are pending now: a projection of TimerSet, TimerFired and TimerCancelled."""

outbox = Table(
    "outbox", metadata,
    _text("desk", key=True), _text("message_id", key=True), _text("world"), _number("seq"), _text("channel"), _text("recipient"), _text("reason"),
    _text("reason_id"), _time("expires_s"), _number("attempts"), _time("next_s"), _text("outcome", empty=True),
    Index("outbox_waiting", "outcome", "next_s"),
)  # fmt: skip
"""One row per delivery to one recipient; `outcome` is empty while it waits."""

register_rows = Table(
    "register_rows", metadata,
    _text("desk", key=True), _text("register", key=True), _text("key", key=True), _number("version", key=True),
    _time("valid_from_s"), _time("valid_to_s", empty=True), _bytes("digest"), _bytes("body"), _bytes("sealed", empty=True), _number("key_id", empty=True),
)  # fmt: skip
Index(
    "register_rows_now", register_rows.c.desk, register_rows.c.register,
    sqlite_where=register_rows.c.valid_to_s.is_(None), postgresql_where=register_rows.c.valid_to_s.is_(None),
)  # fmt: skip
"""Every version of every register row, with the time it was valid."""

imports = Table(
    "imports", metadata,
    _text("desk", key=True), _text("import_id", key=True), _text("register"), _number("seq", empty=True), _time("at_s", empty=True),
)  # fmt: skip
"""Bulk imports on their way: `seq` is that of their fact once there is one, then their staged rows are valid from `at_s` on."""

staged_rows = Table(
    "staged_rows", metadata,
    _text("desk", key=True), _text("import_id", key=True), _text("key", key=True), _bytes("digest"), _bytes("body"), _bytes("sealed", empty=True),
    _number("key_id", empty=True), sqlite_with_rowid=False,
)  # fmt: skip
"""Rows of bulk imports that do not stand in their register yet."""

subject_keys = Table(
    "subject_keys",
    metadata,
    _text("subject", key=True),
    _number("key_id"),
    Index("subject_keys_key", "key_id"),
)
"""Which key of the vault seals which subject."""

erased_keys = Table(
    "erased_keys",
    metadata,
    _number("key_id", key=True),
    _number("generation"),
    Index("erased_keys_generation", "generation"),
)
"""Keys that were destroyed, so that a key file put back from a backup loses them again; `generation` counts the acts."""

cursors = Table(
    "cursors",
    metadata,
    _text("name", key=True),
    _text("desk", key=True),
    _text("world", key=True),
    _number("seq"),
)
"""How far each read model has followed the journal."""

incidents = Table(
    "incidents", metadata,
    _text("desk", key=True), _text("world", key=True), _text("incident_id", key=True), _text("type_code"), _number("priority"), _text("grade"),
    _text("zone"), _text("district", empty=True), _text("venue_id", empty=True), _time("started_s"), _time("opened_s"), _time("alerted_s", empty=True),
    _time("en_route_s", empty=True), _time("arrived_s", empty=True), _time("reached_s", empty=True), _text("evidence", empty=True),
    _time("closed_s", empty=True), _text("outcome", empty=True), _number("alerts"), _number("arrivals"), _number("typed_later"),
    Index("incidents_closed", "closed_s"),
)  # fmt: skip
"""Read model: one row an incident, with the marks that intervals are made of."""
