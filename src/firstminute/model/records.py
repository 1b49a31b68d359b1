"""The rows of the registers: what a city writes down about itself before anybody calls.

Idea: plain frozen records, one class a table, the key first. The table in the store is the truth, with valid-from and valid-to; names and phones are
sealed per subject (`SEALED`). Opening hours are minutes of the week, Monday 00:00 local = 0. Places are WGS-84 `(lon, lat)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

UNIT_KINDS = ("foot", "motorcycle", "car", "ptu", "boat", "metro", "drone", "e-bike")
GRADES = ("normal", "heightened", "emergency")
RINGS = ("self_rescue", "neighbour_aid", "reinforcement")
ZONE_CLASSES = ("core", "dense", "other")
GATE_NOTES = ("fire_lane", "ask_guard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """A way in: where, for whom, when, and what the crew must know at the gate.

    `note`: a code of `GATE_NOTES`, which every reader sees in words of his own language (`entrance.<code>`), or free words.
    """

    lon: float
    lat: float
    access: str = "foot"  # foot, vehicle, both
    hours: tuple[tuple[int, int], ...] = ()  # minutes of the week, empty = always
    key_holder: str | None = None
    lift: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A place with people in it: market, school, hospital, mall, estate …"""

    SEALED: ClassVar[frozenset[str]] = frozenset()
    venue_id: str
    name: str
    name_en: str | None = None
    category: str
    lon: float
    lat: float
    entrances: tuple[Entrance, ...] = ()
    floors: int = 1
    district: str
    station_id: str | None = None
    zone: str = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A venue's own emergency unit (最小应急单元): trained for what, with which kit, minimum strength per shift."""

    SEALED: ClassVar[frozenset[str]] = frozenset({"lead_phone", "bot"})
    team_id: str
    venue_id: str
    name: str
    minimum: int = 3
    trained: tuple[str, ...] = ()  # cpr, restrain, fire, crowd
    kit: tuple[str, ...] = ()  # shield, fork, baton, aed, extinguisher
    mode: str = "run"  # run, foot, e-bike
    lead_id: str | None = None
    lead_phone: str | None = None
    bot: str | None = None  # key of the team's group robot (WeCom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of a team, 18 or older. Name, phone and the address of the phone's push service are sealed.

    `channels`: the ways to this person, the first one first (page, push, sms, voice, wecom).
    """

    SEALED: ClassVar[frozenset[str]] = frozenset({"name", "phone", "push"})
    member_id: str
    team_id: str
    name: str | None = None
    phone: str | None = None
    trained: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("page",)
    language: str | None = None  # of messages to this person; the city's own where left out
    push: str | None = None  # the phone's push subscription as its browser gave it, JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A police crew dispatched as one."""

    SEALED: ClassVar[frozenset[str]] = frozenset()
    unit_id: str
    call_sign: str
    kind: str  # UNIT_KINDS
    mode: str  # foot, run, e-bike, car, car-lights, boat, drone
    station_id: str
    district: str
    crew: int = 2
    sworn: int = 1
    kit: tuple[str, ...] = ()
    turnout_s: float = 15.0
    device_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """派出所, 驿站 or 警务室: where units start and reinforcement is asked for."""

    SEALED: ClassVar[frozenset[str]] = frozenset({"phone"})
    station_id: str
    name: str
    name_en: str | None = None
    kind: str = "station"  # station, post, room
    lon: float
    lat: float
    district: str
    reserve: int = 0
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An area with a target for the first police on scene."""

    SEALED: ClassVar[frozenset[str]] = frozenset()
    zone_id: str
    name: str
    zone_class: str  # core, dense, other
    district: str
    ring: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MustVisit:
    """必巡点: a place that a patrol passes every day within a window. `unit_ids`: the crews meant; none named: whichever crew of its station passes.

    `from_min`, `until_min`: minutes of the local day; a window that ends before it begins passes midnight.
    """

    SEALED: ClassVar[frozenset[str]] = frozenset()
    point_id: str
    name: str
    name_en: str | None = None
    lon: float
    lat: float
    district: str
    station_id: str
    from_min: int
    until_min: int
    unit_ids: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """A node of the tree station → district → city → province, with its duty officer and neighbours to transfer to."""

    SEALED: ClassVar[frozenset[str]] = frozenset()
    district_id: str
    name: str
    name_en: str | None = None
    parent: str | None = None
    plan_id: str = "default"
    grade: str = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class RingPlan:
    """What one ring promises. `start`: call_answered, alerted; `binds`: call or alert, the reading its target is judged by."""

    ring: str
    target_s: float
    owner: str  # venue, neighbours, police
    binds: str = "call"
    start: str = "call_answered"
    evidence: tuple[str, ...] = (
        "fix",
        "qr",
    )  # what the headline counts; other arrivals keep the clock too, and stand apart
    on_breach: tuple[str, ...] = ("duty_officer",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterLine:
    """Who should stand in which hours: people of each team (`who` = team), or crews of a district by kind of unit (`unit` = of any kind)."""

    who: str = "team"
    wanted: int = 0  # people of a team at least, or crews of the district
    extra: int = 0  # people of a team beyond its own minimum
    category: str = ""  # of the venue, empty = any
    zone: str = ""  # zone class of the venue, empty = any
    hours: tuple[tuple[int, int], ...] = ()  # minutes of the week, empty = always


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """How many should stand under a plan: named by it, so that a grade switch changes it together with targets and policies."""

    SEALED: ClassVar[frozenset[str]] = frozenset()
    roster_id: str
    lines: tuple[RosterLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """1-3-5 as data: rings and zone targets for a district and grade, and the alert policy and the roster that go with them."""

    SEALED: ClassVar[frozenset[str]] = frozenset()
    plan_id: str
    grade: str = "normal"
    rings: tuple[RingPlan, ...] = ()
    zone_targets_s: dict[str, float] = field(default_factory=dict)
    policy_id: str = "default"
    roster: str = "normal"
    lights_break_rules: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What an alarm level asks for: how many of which unit kinds or skills, at least how many sworn."""

    level: int
    units: dict[str, int]  # unit kind or "any" → how many
    sworn: int = 0
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentType:
    """One line of the catalogue: how bad, which rings, what is needed, what to ask, what is dangerous."""

    SEALED: ClassVar[frozenset[str]] = frozenset()
    code: str
    priority: int
    rings: dict[str, str]  # ring → automatic, proposed, off
    needs: tuple[Need, ...]
    hazard: str = "none"  # none, violent, armed, unknown, medical, fire, crowd
    protocol: tuple[str, ...] = ()  # question codes
    advice: tuple[str, ...] = ()  # safety advice codes, read out first
    desk_measures: tuple[str, ...] = ()  # stop_payment, dissuasion
    gentle: bool = False  # suicide and the like: silent delivery, soft wording
    restricted: bool = False  # domestic, sexual, juvenile: little is shown to members
    welfare_s: float | None = None
    merge_radius_m: float = 150.0
    merge_within_s: float = 900.0
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """Who is alerted, in which order, how many at once, what replaces silence, and where it ends (DESIGN.md §5)."""

    SEALED: ClassVar[frozenset[str]] = frozenset()
    policy_id: str
    version: int = 1
    at_once: dict[str, int] = field(
        default_factory=lambda: {"self_rescue": 4, "neighbour_aid": 7, "reinforcement": 1}
    )
    cap_arrivals: dict[str, int] = field(
        default_factory=lambda: {"self_rescue": 6, "neighbour_aid": 3, "reinforcement": 4}
    )
    answer_within_s: float = 30.0
    move_within_s: float = 30.0
    rounds: int = 4
    outside_budget: int = 2
    fix_age_limit_s: float = 1800.0
    roles: tuple[str, ...] = ("aid", "fetch_kit", "coordinate")
    escalate_after_s: tuple[float, ...] = (60.0, 180.0, 300.0)
    cannot_answer_prior: tuple[float, float] = (3.0, 7.0)  # Beta prior of answering: yes, no


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A button, sensor or camera that can call by itself; its false-alarm rate is kept per device."""

    SEALED: ClassVar[frozenset[str]] = frozenset({"cancel_pin", "duress_pin"})
    device_id: str
    kind: str  # sos_button, sensor, camera, tracker
    venue_id: str | None = None
    unit_id: str | None = None
    lon: float | None = None
    lat: float | None = None
    floor: int = 0
    silent: bool = False
    type_code: str | None = None
    cancel_pin: str | None = None
    duress_pin: str | None = None  # looks like a cancel to whoever watches the sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """Another body that answers calls: 119, 120, 122, 12345, … One called `interpreter` is the line that the form of a call offers."""

    SEALED: ClassVar[frozenset[str]] = frozenset()
    agency_id: str
    name: str
    name_en: str | None = None
    answer_within_s: float = 60.0
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A machine outside that hears of incidents by webhook. `events`: of `respond.receivers.EVENTS`; `districts`: all where none is named."""

    SEALED: ClassVar[frozenset[str]] = frozenset({"url"})
    receiver_id: str
    name: str
    url: str | None = None  # its address may hold a secret of its own
    events: tuple[str, ...] = ("incident_opened", "incident_closed")
    districts: tuple[str, ...] = ()
    secret_round: int = 1  # raise it to make the secret anew


Record = (
    Venue
    | Team
    | Member
    | Unit
    | Station
    | Zone
    | District
    | Plan
    | IncidentType
    | AlertPolicy
    | Device
    | Agency
    | Roster
    | Receiver
    | MustVisit
)

TABLES: dict[str, type[Record]] = {
    "venues": Venue, "teams": Team, "members": Member, "units": Unit, "stations": Station, "zones": Zone, "districts": District,
    "plans": Plan, "rosters": Roster, "incident_types": IncidentType, "alert_policies": AlertPolicy, "devices": Device, "agencies": Agency,
    "receivers": Receiver, "must_visits": MustVisit,
}  # fmt: skip

NEEDED: dict[str, frozenset[str]] = {"devices": frozenset({"cancel_pin", "duress_pin"})}
"""Sealed fields that a decision needs, so that the desk has them in memory; names and phones it has not."""
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("units", "kind"): UNIT_KINDS, ("zones", "zone_class"): ZONE_CLASSES, ("districts", "grade"): GRADES, ("plans", "grade"): GRADES,
}  # fmt: skip
"""(table, field) → the only values that it takes."""
POINTS_TO: dict[str, str] = {
    "venue_id": "venues", "team_id": "teams", "lead_id": "members", "station_id": "stations", "unit_id": "units", "district": "districts",
    "parent": "districts", "plan_id": "plans", "policy_id": "alert_policies", "roster": "rosters", "type_code": "incident_types", "device_id": "devices",
    "unit_ids": "units",
}  # fmt: skip
"""Field → the register whose key stands in it."""
KEYS: dict[str, str] = {
    "venues": "venue_id", "teams": "team_id", "members": "member_id", "units": "unit_id", "stations": "station_id", "zones": "zone_id",
    "districts": "district_id", "plans": "plan_id", "rosters": "roster_id", "incident_types": "code", "alert_policies": "policy_id", "devices": "device_id",
    "agencies": "agency_id", "receivers": "receiver_id", "must_visits": "point_id",
}  # fmt: skip
