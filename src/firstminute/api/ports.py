"""What the edge needs from the shells behind it: small protocols, wired together by `app`.

Idea: api never imports store or app; it is handed one `Services` and asks only this of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from firstminute.api.hub import Hub
from firstminute.api.phone_port import DutyPort
from firstminute.geo.ground import Ground
from firstminute.model.access.expr import Expr
from firstminute.model.access.things import Who
from firstminute.model.envelope import Actor, Fact, TimeSource, World
from firstminute.model.records import Record


class Ack(Protocol):
    """The desk's answer. `status`: done, refused, invalid, not_durable, busy."""

    @property
    def status(self) -> str:
        """done, refused, invalid, not_durable or busy."""

    @property
    def seq(self) -> int:
        """The last fact's place in the journal, 0 where there is none."""

    @property
    def command_id(self) -> str:
        """What it answers."""

    @property
    def code(self) -> str | None:
        """Why it was refused."""

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters of the code's sentence."""

    @property
    def reply(self) -> Mapping[str, Any]:
        """Ids made and what became of them."""


class DeskPort(Protocol):
    """The single writer, as the edge sees it."""

    def health(self) -> Mapping[str, Any]:
        """What `/health` says of the desk and its store."""

    def metrics(self) -> Mapping[str, float]:
        """Counters and gauges of the desk."""

    def now_s(self) -> float:
        """The desk's time, seconds since 1970."""


class SendPort(Protocol):
    """The way to the desk for commands from this event loop."""

    def __call__(
        self,
        name: str,
        arguments: Mapping[str, Any],
        actor: Actor,
        command_id: str,
        *,
        occurred_s: float | None = None,
        time_source: TimeSource = "system",
        world: World = "live",
        repeatable: bool = True,
    ) -> Awaitable[Ack]:
        """Queue one command; awaited, it gives the answer once it is durable. `repeatable`: the same id may come again and gets the same answer."""


class TokenPort(Protocol):
    """Who holds a bearer token."""

    def find(self, token: str) -> Actor | None:
        """The actor of a token, None where it is unknown. Asking counts as using it."""

    def holds(self, token: str) -> Actor | None:
        """The same without using it: what a live feed asks again and again."""

    def locked(self, token: str) -> str:
        """Why whoever holds the token may see and not act; empty where he may."""

    def acted(self, token: str) -> None:
        """Its holder did something himself."""


class AccountPort(Protocol):
    """Accounts and their sessions. What costs time runs beside the event loop; where too many wait, OverflowError is raised."""

    def ways(self) -> Mapping[str, Any]:
        """What the page may offer to whoever wants in: sso, card, passkey_first, registration."""

    async def password(
        self, name: str, password: str, *, site: tuple[str, str] | None = None
    ) -> Mapping[str, Any] | None:
        """First step of signing in: a ticket and what may come second, None where name or password is wrong or the door is shut."""

    async def second(
        self,
        ticket: str | None,
        shown: Mapping[str, Any],
        *,
        agent: str,
        address: str,
        role: str | None,
        site: tuple[str, str] | None = None,
    ) -> Mapping[str, Any] | None:
        """Second step, or a passkey alone: the session and its token, None where what is shown is wrong. Raises Refused."""

    async def ask_passkey(self, site: tuple[str, str] | None) -> Mapping[str, Any]:
        """What a browser is told to sign in with a passkey alone. Raises Refused."""

    async def sso_begin(self, redirect_uri: str, token: str, password: str | None) -> Mapping[str, str]:
        """Where a browser goes to sign on elsewhere, or to link this session's account. Raises Refused."""

    async def sso_finish(
        self, code: str, state: str, *, token: str, agent: str, address: str, site: tuple[str, str] | None
    ) -> Mapping[str, Any]:
        """Back from there: linked, a ticket, or a session. Raises Refused."""

    async def look(self, code: str) -> Mapping[str, Any]:
        """What a set-up link is for. Raises Refused."""

    async def set_up(
        self, code: str, name: str, password: str, one_time: str | None, card: bytes | None
    ) -> Mapping[str, Any]:
        """Set password and second factor. Raises Refused."""

    def me(self, token: str) -> Mapping[str, Any] | None:
        """The session behind a token with its account, None where the token is none of a session."""

    def sessions(self, account_id: str) -> Sequence[Mapping[str, Any]]:
        """The sessions of an account."""

    async def act(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call one of the acts by name (`app.account_acts`). Raises Refused."""

    def sits(self, account_id: str, seat: str) -> None:
        """At which seat somebody claims: what it holds keeps his desk open."""

    async def own(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call one of the acts of a session about itself by name (`app.own_acts`). Raises Refused."""


class JournalPort(Protocol):
    """Read access to recorded facts."""

    def of_subject(self, subject: str, *, world: World = "live") -> Sequence[Fact]:
        """All facts of one subject, oldest first."""

    def between(
        self, from_s: float, to_s: float, *, kinds: Sequence[str] = (), most: int = 100_000
    ) -> Sequence[Fact]:
        """Facts recorded in a span of time, oldest first."""

    def after(self, seq: int, *, most: int = 1_000) -> Sequence[Fact]:
        """Facts behind a place in the journal."""


class RegisterPort(Protocol):
    """Import and export of register tables."""

    def export(self, table: str, form: str, keep: Container[str] | None = None) -> tuple[bytes, str]:
        """The table as json, csv or geojson, and its media type. `keep`: only the rows with these keys."""

    def prepare(
        self, table: str, form: str, data: bytes
    ) -> tuple[Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]:
        """The arguments of `change_register` for what `data` holds, or None and the errors row by row."""

    def history(self, table: str, key: str) -> Sequence[Mapping[str, Any]]:
        """Every version of one row with who made it, newest first."""

    def page(
        self, table: str, words: str, after: str, most: int, keep: Container[str] | None = None
    ) -> tuple[int, Sequence[Mapping[str, Any]]]:
        """How many rows hold the words, and some of them behind a key, without what is sealed."""

    def counts(self) -> Mapping[str, int]:
        """Register → rows valid now."""

    def file(self, table: str, form: str, rows: Sequence[Record]) -> tuple[bytes, str]:
        """Records as a file that can be imported, and its media type."""


class PersonPort(Protocol):
    """What the record holds about one person."""

    def export(self, subject_id: str) -> dict[str, Any]:
        """Everything kept about a subject, opened: facts, rows, mentions."""

    def corrected_row(self, subject_id: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """The arguments of `change_register` that put right values into the row valid now; None where no row is."""


class HistoryPort(Protocol):
    """Incidents of the past, as far as somebody may see them: every question is filtered by the database itself."""

    def seen(self, incident_id: str, rows: Expr, who: Who) -> bool:
        """Whether an incident is known and may be seen."""

    def ids(self, rows: Expr, who: Who, since_s: float) -> frozenset[str]:
        """Incidents that may be seen and were open at a time or later."""

    def page(
        self, rows: Expr, who: Who, span_s: tuple[float, float], after: tuple[float, str], most: int
    ) -> tuple[int, Sequence[Mapping[str, Any]]]:
        """How many incidents closed in a span of time may be seen, and some of them behind a place, oldest first."""


class AuditPort(Protocol):
    """The record for an auditor: open parts of facts, and proofs that they stand in it."""

    def search(self, **wanted: Any) -> Sequence[dict[str, Any]]:
        """A page of facts that fit (`store.open_journal.Wanted`), oldest first."""

    async def prove(self, seqs: Sequence[int]) -> tuple[dict[str, Any], dict[int, Any]] | None:
        """The root of the tree and a proof for each of some facts; None while others wait for theirs."""


class OversightPort(Protocol):
    """The oversight reports."""

    def report(self, name: str) -> Mapping[str, Any]:
        """The report of a month or week and its digest. Raises Refused."""

    def page(self, made: Mapping[str, Any], language: str) -> str:
        """The same as a page."""


class ImportFailed(Exception):
    """A file could not be prepared, through no fault of its own; nothing is changed."""


class ImportPort(Protocol):
    """Bulk imports, beside the desk."""

    async def check(self, table: str, form: str, data: bytes) -> tuple[int, Sequence[Mapping[str, Any]]]:
        """How many rows a file has, and what is wrong with it."""

    async def load(
        self, table: str, form: str, data: bytes, actor: Actor, command_id: str
    ) -> tuple[Ack | None, Sequence[Mapping[str, Any]]]:
        """Import a file: the desk's answer, or None and the errors row by row. Raises ImportFailed."""


Acked: TypeAlias = tuple[Mapping[str, Any], int, str]
"""A command's reply, its last fact's place in the journal, and its id."""


class AttachmentPort(Protocol):
    """Photos, voice notes and films of calls and incidents. All raise Problem."""

    async def keep(
        self, subject_id: str, data: bytes, name: str | None, actor: Actor, command_id: str
    ) -> Acked:
        """Look at what came, seal it, and make it a fact."""

    async def show(self, subject_id: str, attachment_id: str) -> tuple[bytes, str]:
        """The copy that may be shown and its media type; whoever asks may see it, and that it looked is recorded."""

    async def original(self, subject_id: str, attachment_id: str) -> bytes:
        """What came, as it came; the same of whoever asks."""


class PositionsNotKept(Exception):
    """Nothing of these fixes is kept; whoever sent them should send them again. `code`: desk_busy, or not_durable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PositionPort(Protocol):
    """Position intake: decoded, snapped, fenced and durable in the tracks file before it is acknowledged."""

    def take(self, read: Callable[[], tuple[Sequence[str], NDArray[np.float64]]]) -> Awaitable[int]:
        """Take fixes: `read` gives ids (P,) and lon, lat, fix_s, speed_m_s, heading_deg (P, 5), beside the event loop; how many were kept.

        Raises PositionsNotKept.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests per second that are served for long; 0 = without a bound. `behind_proxy`: the proxy says whose request it is."""

    token_per_s: float = 0.0
    address_per_s: float = 0.0
    guesses_per_s: float = 0.0
    behind_proxy: bool = False


class ReportPort(Protocol):
    """What the public page asks beyond the intake of calls."""

    @property
    def takes_files(self) -> bool:
        """Whether photos and voice notes can be kept here."""

    @property
    def sees_progress(self) -> bool:
        """Whether what the desk did is known here, and not only that it has read."""

    def stamp(self, data: bytes) -> bytes:
        """A keyed digest of this record, the same for ever."""

    async def venue(self, venue_id: str) -> Mapping[str, Any] | None:
        """Name of a place whose code was scanned: name, name_en; None where it is not known here."""

    async def progress(self, call_id: str) -> Mapping[str, Any] | None:
        """What became of a report (`respond.public.progress`); None where there is none."""

    async def notices(self) -> Sequence[Mapping[str, Any]]:
        """Notices that stand now (`respond.public.notices`)."""

    async def keep_file(self, call_id: str, data: bytes, actor: Actor, command_id: str) -> None:
        """Keep a photo or voice note of a report. Raises Problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What every edge is handed, inside and outside."""

    desk: DeskPort
    send: SendPort
    tokens: TokenPort
    positions: PositionPort
    hub: Hub
    ground: Ground | None
    messages: Callable[[str, str, Mapping[str, Any]], str]  # language, key, parameters → sentence
    catalogue: Callable[[str], Mapping[str, Any]]  # language → all message texts
    upkeep: Callable[[], Mapping[str, Any]]  # the last snapshot and the last check of the chain, for /health
    new_id: Callable[[], str]
    reports: ReportPort
    emergency_number: str = "110"
    decode_osmand: Callable[[bytes, bytes, str], Any]  # gateways.osmand.codec.decode
    limits: Limits = Limits()  # budgets of requests, for all but calls
    public_url: str | None = None  # where people reach the page; passkeys and single sign-on are bound to it
    proxy_key: bytes | None = None  # what a trusted proxy signs a client's certificate with
    secure: bool = False  # everybody outside this machine speaks TLS
    web_root: str | None = None
    live_feed: Callable[[], AsyncIterator[Any]] | None = None
    gauges: Callable[[], Mapping[str, float]] = dict  # how full each bounded thing is, for /metrics
    border: Callable[[], Mapping[str, Any]] = (
        dict  # of two zones, how late the other one is; empty where there is one
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(Edge):
    """All that the edge of a desk is handed."""

    accounts: AccountPort
    journal: JournalPort
    attachments: AttachmentPort
    duty: DutyPort
    registers: RegisterPort
    persons: PersonPort
    history: HistoryPort
    audit: AuditPort
    oversight: OversightPort
    imports: ImportPort
    tile: Callable[[int, int, int], bytes | None]
    ask_state: Callable[[Callable[[Any], Any]], Awaitable[Any]]  # run a pure view on the desk's own state
    compute: Callable[..., Awaitable[Any]]  # run what takes longer than 5 ms beside the desk
    past: Callable[
        ..., Awaitable[bytes]
    ]  # audience, from_s, to_s, followed → rows of the past and what changed (`app.past`)
    csv: Callable[[Sequence[str], Iterable[Sequence[Any]]], str]  # columns, rows → a table for spreadsheets


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideServices(Edge):
    """What the edge of the zone outside is handed."""

    receipt: Callable[[str], Mapping[str, Any] | None]  # what became of a command that was kept
    exchange: Callable[[bytes], Awaitable[bytes]]  # a batch from the inside, answered with one
