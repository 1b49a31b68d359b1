"""What the tags of an OpenStreetMap way or node mean for each mode: class, access, one-way.

Idea: tags say what is known, from the general to the particular (`access` < `vehicle` < `motor_vehicle` < `motorcar`); the last word
that is said wins, else the class of street decides. The law binds cars; what binds a car with lights is width and concrete, not a sign.
Source: the tags' documentation on the OpenStreetMap wiki (access, oneway). Limits: conditional tags (`*:conditional`) are
ignored and counted; a ferry's timetable is not known; lanes are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firstminute.geo.maxspeed import posted_pair
from firstminute.geo.speeds import CLASS_INDEX, CLASSES, MODES, Region

MODE_BIT: Mapping[str, int] = {mode: 1 << k for k, mode in enumerate(MODES)}
FOOT, BIKE, CAR, LIGHTS, BOAT = (MODE_BIT[mode] for mode in MODES)
ALL_LAND = FOOT | BIKE | CAR | LIGHTS

ACCESS_KEYS: Mapping[int, tuple[str, ...]] = {
    FOOT: ("access", "foot"),
    BIKE: ("access", "vehicle", "bicycle", "electric_bicycle"),
    CAR: ("access", "vehicle", "motor_vehicle", "motorcar"),
    LIGHTS: ("emergency",),
    BOAT: ("access", "boat", "motorboat"),
}
_ALLOWED = frozenset(
    "yes permissive designated official public destination customers delivery discouraged unknown".split()
)
_DENIED = frozenset(
    "no private permit residents agricultural forestry military restricted use_sidepath dismount psv bus hov emergency".split()
)
_STREETS = frozenset(CLASSES[: CLASS_INDEX["road"] + 1])
_FAST = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
BASE_MODES: Mapping[str, int] = {
    **dict.fromkeys(_STREETS - _FAST, ALL_LAND),
    **dict.fromkeys(_FAST, CAR | LIGHTS),
    "track": FOOT | BIKE | LIGHTS,
    "busway": LIGHTS,
    "cycleway": FOOT | BIKE,
    "pedestrian": FOOT | LIGHTS,
    "footway": FOOT,
    "path": FOOT | BIKE,
    "bridleway": FOOT,
    "steps": FOOT,
    "elevator": FOOT,
    "ferry": FOOT | BIKE | BOAT,
    "river": BOAT,
    "canal": BOAT,
    "fairway": BOAT,
}
_SAME_AS = {
    "corridor": "footway",
    "platform": "footway",
    "bus_guideway": "busway",
    "emergency_access_point": "service",
    "minor": "unclassified",
}
_CLOSED = frozenset(
    "proposed construction abandoned razed planned raceway services rest_area no disused".split()
)
_TRUE, _FALSE = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
_ROUND = frozenset({"roundabout", "circular"})


@dataclass(frozen=True, slots=True)
class WayRule:
    """What one way allows.

    Attributes
    ----------
    edge_class : index into `speeds.CLASSES`
    forward, backward : bit masks over MODES of who may go with and against the drawing direction
    contraflow : -1 / +1 the direction that only a car with lights might take against a one-way sign, 0 none
    posted_forward_kmh, posted_backward_kmh : NaN where not posted
    conditional : number of conditional tags that were ignored
    """

    edge_class: int
    forward: int
    backward: int
    contraflow: int
    posted_forward_kmh: float
    posted_backward_kmh: float
    conditional: int


def way_class(tags: Mapping[str, str]) -> str | None:
    """The class of a way that some mode may use, or None."""
    highway = tags.get("highway")
    if highway is not None:
        name = _SAME_AS.get(highway, highway).split(";")[0]
        if name in CLASS_INDEX and name not in ("ferry", "river", "canal", "fairway", "connector"):
            return name
        return None if name in _CLOSED else _other(tags)
    return _other(tags)


def _other(tags: Mapping[str, str]) -> str | None:
    if tags.get("route") == "ferry":
        return "ferry"
    water = tags.get("waterway")
    if water in ("river", "canal", "fairway") and tags.get("tunnel") not in ("yes", "culvert"):
        return water
    if tags.get("seamark:type") == "fairway":
        return "fairway"
    if tags.get("railway") == "platform" or tags.get("public_transport") == "platform":
        return "footway"
    return None


def way_rule(tags: Mapping[str, str], region: Region) -> WayRule | None:
    """The rule of a way, None where no mode may use it.

    >>> from firstminute.geo.speeds import REGIONS
    >>> rule = way_rule({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, REGIONS["CN"])
    >>> rule.forward == ALL_LAND, rule.backward == FOOT | BIKE, rule.contraflow
    (True, True, -1)
    """
    name = way_class(tags)
    if name is None:
        return None
    allowed = _access(tags, name)
    forward, backward = _directions(tags, name, allowed)
    if not forward | backward:
        return None
    contraflow = 0
    if allowed & LIGHTS and name not in _FAST and tags.get("junction") not in _ROUND:
        contraflow = -1 if not backward & LIGHTS else 1 if not forward & LIGHTS else 0
    posted = posted_pair(tags, region)
    ahead, behind = (float("nan") if kmh is None else kmh for kmh in posted)
    conditional = sum(key.endswith(":conditional") for key in tags)
    return WayRule(CLASS_INDEX[name], forward, backward, contraflow, ahead, behind, conditional)


_READ = frozenset(
    "access vehicle motor_vehicle motorcar foot bicycle electric_bicycle emergency boat motorboat highway route waterway railway service tunnel "
    "public_transport sidewalk motorroad oneway junction conveying cycleway maxspeed".split()
)
_UNREAD = (
    "name:",
    "addr:",
    "tiger:",
    "source:name",
    "old_name",
    "alt_name",
    "turn:",
    "destination:",
    "parking:",
)


def way_rules(ways: Iterable[Mapping[str, str]], region: Region) -> list[WayRule | None]:
    """The rule of every way; ways that agree in what is read are read once (most of a city's ways do)."""
    known: dict[tuple[tuple[str, str], ...], WayRule | None] = {}
    rules = []
    for tags in ways:
        key = tuple(
            item
            for item in tags.items()
            if item[0] in _READ or (":" in item[0] and not item[0].startswith(_UNREAD))
        )
        if key not in known:
            known[key] = way_rule(tags, region)
        rules.append(known[key])
    return rules


def said(tags: Mapping[str, str], keys: tuple[str, ...], suffix: str = "") -> bool | None:
    """The last word of a chain of keys: True allowed, False denied, None nothing said."""
    word: bool | None = None
    for key in keys:
        values = frozenset(tags.get(key + suffix, "").replace(" ", "").split(";"))
        if values & _ALLOWED:
            word = word if key == "access" else True  # a bare access=yes opens nothing by itself
        elif values & _DENIED:
            word = False
    return word


def _access(tags: Mapping[str, str], name: str) -> int:
    allowed = BASE_MODES[name]
    if name in _FAST:
        if tags.get("sidewalk") in ("yes", "both", "left", "right"):
            allowed |= FOOT
        if any(key.startswith("cycleway") and tags[key] not in ("no", "none") for key in tags):
            allowed |= BIKE
    if name == "ferry" and said(tags, ACCESS_KEYS[CAR][1:]):
        allowed |= CAR | LIGHTS
    if tags.get("motorroad") == "yes":
        allowed &= ~(FOOT | BIKE)
    if tags.get("service") == "emergency_access":
        allowed &= ~CAR
    for bit in (FOOT, BIKE, CAR, BOAT):
        word = said(tags, ACCESS_KEYS[bit])
        if word is False:
            allowed &= ~bit
        elif word and _fits(bit, name):
            allowed |= bit
    if allowed & CAR:
        allowed |= LIGHTS
    emergency = said(tags, ACCESS_KEYS[LIGHTS])
    if emergency is not None:
        allowed = allowed | LIGHTS if emergency and _fits(LIGHTS, name) else allowed & ~LIGHTS
    return allowed


def _fits(bit: int, name: str) -> bool:
    """True where a mode could use a class at all if it is allowed to."""
    if name in ("river", "canal", "fairway"):
        return bit == BOAT
    if bit == BOAT:
        return name == "ferry"
    return bit == FOOT or name not in ("steps", "elevator")


def _oneway(value: str | None) -> int | None:
    if value in _TRUE:
        return 1
    if value in ("-1", "reverse"):
        return -1
    return 0 if value in _FALSE or value == "alternating" else None


def _directions(tags: Mapping[str, str], name: str, allowed: int) -> tuple[int, int]:
    """Masks (forward, backward) after one-way rules of each mode."""
    general = _oneway(tags.get("oneway"))
    if general is None:
        general = 1 if tags.get("junction") in _ROUND or name == "motorway" else 0
    closed = CAR if tags.get("oneway") == "reversible" else 0
    forward = backward = allowed & FOOT
    escalator = {"forward": 1, "backward": -1}.get(tags.get("conveying", ""), 0)
    on_foot = _oneway(tags.get("oneway:foot")) or escalator
    if on_foot:
        forward, backward = (forward, 0) if on_foot > 0 else (0, backward)
    for bit, way in (
        (BIKE, _bike_oneway(tags, general)),
        (CAR, _motor_oneway(tags, general)),
        (LIGHTS, _motor_oneway(tags, general)),
    ):
        if allowed & bit & ~closed:
            forward |= bit if way >= 0 else 0
            backward |= bit if way <= 0 else 0
    if allowed & BOAT:
        boat = _oneway(tags.get("oneway:boat")) or 0
        forward |= BOAT if boat >= 0 else 0
        backward |= BOAT if boat <= 0 else 0
    for bit in (FOOT, BIKE, CAR, LIGHTS):
        keys = ACCESS_KEYS[CAR] if bit == LIGHTS else ACCESS_KEYS[bit]
        forward = forward & ~bit if said(tags, keys, ":forward") is False else forward
        backward = backward & ~bit if said(tags, keys, ":backward") is False else backward
    return forward, backward


def _motor_oneway(tags: Mapping[str, str], general: int) -> int:
    for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle"):
        word = _oneway(tags.get(key))
        if word is not None:
            return word
    return general


def _bike_oneway(tags: Mapping[str, str], general: int) -> int:
    word = _oneway(tags.get("oneway:bicycle"))
    if word is not None:
        return word
    if any(
        tags.get(key, "").startswith("opposite") for key in ("cycleway", "cycleway:left", "cycleway:right")
    ):
        return 0
    if any(_oneway(tags.get(f"cycleway:{side}:oneway")) in (-1, 0) for side in ("left", "right", "both")):
        return 0
    if tags.get("bicycle:backward") in _ALLOWED:
        return 0
    return general
