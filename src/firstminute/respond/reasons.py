"""Why somebody did something: codes from fixed lists, so that facts can be counted and read in any language, and name nobody.

Idea: every act that asks for a reason names its list here; what else there is to say is a note, which is sealed. Catalogue key `why.<code>`. An
urgent act is never held up by a list: words that are on none become the note of the actor's own decision (`OWN_WORDS`), a helper's decline counts as `other`.
Limits: a city cannot add codes of its own yet.
"""

from __future__ import annotations

import re

from firstminute.model.errors import Refused

CODE = re.compile(r"[a-z][a-z_]{0,39}")

REASONS: dict[str, tuple[str, ...]] = {
    "stand_down": (
        "settled", "over", "false_alarm", "caller_cancelled", "taken_over", "same_as_another", "danger", "too_dangerous", "enough_there", "dispatcher",
    ),
    "level": (
        "help", "cannot_cope", "officer_sos", "more_people", "weapon_seen", "spreading", "crowd_grows", "long_duty", "dispatcher",
    ),
    "transfer": ("border", "nearer", "speciality", "load", "moved_on", "dispatcher"),
    "reopen": ("help", "not_over", "called_again", "wrong_place", "nobody_came", "new_facts", "complaint", "closed_by_mistake",
               "dispatcher"),
    "override": (
        "known_better", "knows_the_place", "closer_than_shown", "language", "gender", "kit", "keep_cover", "rest", "speciality", "training",
        "children_inside", "lives_at_risk", "dispatcher",
    ),
    "detach": ("wrong_merge", "other_street", "other_people", "other_time", "paper"),
    "withdraw": ("by_hand", "wrong_person", "too_dangerous", "enough_there", "settled"),
    "decline": ("busy", "too_far", "unwell", "alone_here", "too_dangerous", "no_kit", "other"),
    "release": ("cannot", "withdrawn", "not_moving", "vehicle_down", "wrong_place", "not_needed"),
    "grade": ("festival", "crowd", "weather", "disaster", "threat", "major_event", "unrest", "exercise", "calm_again", "commander"),
    "recall": ("flood", "festival", "disaster", "threat", "unrest", "major_event", "roster_short", "exercise", "commander"),
    "status": ("meal", "fuel", "fault", "court", "training", "station_duty", "other"),
    "point": ("called_away", "cannot_pass", "unsafe", "closed_off", "other"),
    "remark": ("too_few", "kit_missing", "kit_out_of_date", "door_blocked", "alarm_broken", "somebody_unwell", "suspicious", "works_on_site", "other"),
    "finding": (
        "answering", "processing", "turnout", "travel", "nobody", "wrong_place", "wrong_type", "wrong_merge", "not_delivered", "radio_gap",
        "kit_missing", "too_few", "door_blocked", "went_well",
    ),
    "task": (
        "staff_desk", "recommend_earlier", "drill_turnout", "move_post", "close_gap", "drill_slow", "kit_missing", "door_blocked",
        "correct_register", "train", "repair", "call_back", "other",
    ),
    "task_result": ("done", "not_needed", "passed_on", "impossible"),
    "call_note": ("wrong_number", "test_call", "asked_the_way", "other_agency", "said_it_is_over", "hung_up", "entered_again", "other"),
    "hold": ("court", "investigation", "complaint", "audit", "order"),
    "release_hold": ("closed", "decided", "held_by_mistake", "order"),
    "correct": ("request_of_person", "document", "called_back", "entered_by_mistake"),
    "keep_away": ("weapon_seen", "smoke", "gas", "water", "crowd", "unrest", "threat", "disaster", "commander"),
    "lift": ("over", "false_alarm", "wrong_place", "too_wide", "commander"),
    "share": ("border", "joint_operation", "moved_on", "major_event", "speciality", "load", "exercise", "commander"),
    "complaint": ("slow", "nobody_came", "no_answer", "conduct", "wrong_act", "data", "noise_or_harm", "other"),
    "complaint_result": ("upheld", "partly", "not_upheld", "passed_on", "taken_back"),
    "renew": ("routine", "leaked", "long_used", "order"),
    "room_note": ("log", "order", "visitor", "press", "weather", "traffic", "technical", "other"),
    "undo": ("wrong_crew", "wrong_incident", "caller_cancelled", "dispatcher"),
    "fault": ("radio", "phone", "map", "network", "power", "printer", "messages", "devices", "clock", "other"),
}  # fmt: skip
"""Act → the codes that it may give."""
OWN_WORDS = ("dispatcher", "commander", "other")
"""Codes that say whose decision it was, where the reason is in the note."""


def check(act: str, code: str) -> str:
    """The code, where its act may give it.

    Raises
    ------
    Refused("unknown_reason") : it is not on the act's list
    """
    if code not in REASONS[act]:
        raise Refused("unknown_reason", reason=as_code(code), listed=", ".join(REASONS[act]))
    return code


def as_code(said: str) -> str:
    """What was said, where it can be a code; otherwise nothing of it, for a problem is read by more people than a note.

    >>> as_code("more_peple"), as_code("because Mr Wang asked")
    ('more_peple', '…')
    """
    return said if CODE.fullmatch(said) else "…"


def settle(act: str, said: str, note: str | None = None) -> tuple[str, str | None]:
    """Code and note of what somebody gave as a reason: a listed code as it is, other words as the note of their own decision.

    >>> settle("level", "more_people"), settle("level", "third floor too", "hurry")
    (('more_people', None), ('dispatcher', 'third floor too · hurry'))
    """
    if said in REASONS[act]:
        return said, note
    own = next((code for code in OWN_WORDS if code in REASONS[act]), None)
    if own is None or not said.strip():
        return check(act, said), note
    return own, f"{said} · {note}" if note else said


def check_some(act: str, code: str | None) -> str | None:
    """The same, where a reason may be left out."""
    return None if code is None else check(act, code)


def nearest(act: str, code: str | None) -> str | None:
    """The code as said, `other` where it is not on the list.

    >>> nearest("decline", "busy"), nearest("decline", "the dog ate it"), nearest("decline", None)
    ('busy', 'other', None)
    """
    return code if code is None or code in REASONS[act] else "other"
