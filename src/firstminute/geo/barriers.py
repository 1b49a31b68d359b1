"""What stands in the way: which modes a barrier node stops.

Idea: a barrier is known by its kind, unless its own access tags say otherwise; a private gate stops cars, bicycles and walkers, who have no key,
and not a car with lights, to whom it is opened. Source: Key:barrier on the OpenStreetMap wiki. Limits: a kind that nobody knows stops
cars and lets people pass; the width of a gap is not read.
"""

from __future__ import annotations

from collections.abc import Mapping

from firstminute.geo.tags import ACCESS_KEYS, ALL_LAND, BIKE, CAR, FOOT, LIGHTS, said

_PASS = frozenset(
    "entrance cattle_grid toll_booth border_control sally_port height_restrictor no kerb arch bump_gate open".split()
)
_GATES = frozenset(
    {
        "gate",
        "lift_gate",
        "swing_gate",
        "sliding_gate",
        "sliding_beam",
        "hampshire_gate",
        "wicket_gate",
        "garage door",
    }
)
_NARROW = frozenset({"kissing_gate", "stile", "turnstile", "full-height_turnstile", "horse_stile", "v_stile"})
_WALLS = frozenset({"wall", "fence", "hedge", "city_wall", "retaining_wall", "ditch", "wire_fence"})
_MOVABLE = frozenset({"removable", "rising", "foldable", "flexible", "lowered"})


def barrier_blocks(tags: Mapping[str, str]) -> int:
    """Mask of the modes that cannot pass a node.

    >>> barrier_blocks({"barrier": "bollard"}) == CAR | LIGHTS, barrier_blocks({"barrier": "lift_gate"}), barrier_blocks({})
    (True, 0, 0)
    """
    kind = tags.get("barrier")
    if kind is None:
        return 0
    if kind in _PASS:
        blocked = 0
    elif kind in _GATES:
        blocked = ALL_LAND if tags.get("locked") == "yes" else 0
        blocked &= ~LIGHTS if kind == "lift_gate" else ALL_LAND
    elif kind in _NARROW:
        blocked = BIKE | CAR | LIGHTS
    elif kind in _WALLS:
        blocked = ALL_LAND
    else:  # bollard, block, chain, jersey_barrier, planter, cycle_barrier, "yes" and what is not known
        blocked = CAR if tags.get("bollard") in _MOVABLE else CAR | LIGHTS
    for bit in (FOOT, BIKE, CAR):
        word = said(tags, ACCESS_KEYS[bit])
        blocked = blocked if word is None else blocked & ~bit if word else blocked | bit
    emergency = said(tags, ACCESS_KEYS[LIGHTS])
    if emergency is not None:
        return blocked & ~LIGHTS if emergency else blocked | LIGHTS
    return blocked & ~LIGHTS if not blocked & CAR else blocked
