"""Who stands where: units on duty, teams mustered, drills, welfare, kit. Drills live in the exercise world and never touch live."""

from __future__ import annotations

from firstminute.model.envelope import Body, kind


@kind("unit_id", opens=("unit_id",))
class UnitOnDuty(Body):
    """A crew starts its shift."""

    unit_id: str
    crew: int
    shift: str
    sworn: int = 1
    station_id: str | None = None


@kind("unit_id", closes=("unit_id",))
class UnitOffDuty(Body):
    """A crew ends its shift; nobody off duty is ever alerted."""

    unit_id: str


@kind("unit_id", sealed=("note",))
class UnitStatusSet(Body):
    """available, unavailable, resting, refuelling. `reason`: a code of `respond.reasons`."""

    unit_id: str
    status: str
    reason: str | None = None
    until_s: float | None = None
    note: str | None = None


@kind("shift", opens=("shift",))
class MusterCalled(Body):
    """A shift begins: its teams report until `due_s`, then the missing are chased; it lasts until `until_s`. `grade`: the switch that called it, if one did."""

    shift: str
    district: str | None  # None = the whole city
    due_s: float
    until_s: float
    grade: str = ""


@kind("shift")
class RosterFoundShort(Body):
    """Fewer stand than the roster in force wants: teams and people of teams that are missing, crews that are missing by kind; at the n-th look."""

    shift: str
    district: str | None
    attempt: int
    teams: int
    people: int
    crews: dict[str, int]
    told: str


@kind("shift")
class RosterFilled(Body):
    """As many stand as the roster in force wants, after it was short."""

    shift: str
    district: str | None


@kind("shift", closes=("shift",))
class MusterEnded(Body):
    """The shift is over and its rolls are ended."""

    shift: str
    reported: int
    missing: int


@kind("batch_id")
class RollsRejected(Body):
    """Rows of a batch that no team fits, each "row:code:team"; the other rows stand."""

    batch_id: str
    problems: tuple[str, ...]


@kind("roll_id", sealed=("member_ids", "note"), opens=("roll_id",))
class RollTaken(Body):
    """A team reported for a shift: how many stand, how many can be reached, all well or something to report.

    `member_ids` says who, sealed; `remark_code` is a code of `respond.reasons`, what else there is to report a sealed note. `method`: button, qr, radio,
    list. A later roll of the same team and shift replaces the earlier one.
    """

    roll_id: str
    team_id: str
    shift: str
    on_duty: int
    reachable: int
    method: str
    well: bool = True
    remark_code: str | None = None
    member_ids: tuple[str, ...] | None = None
    until_s: float
    note: str | None = None


@kind("roll_id", closes=("roll_id",))
class RollEnded(Body):
    """The shift is over: its people are off duty."""

    roll_id: str
    team_id: str


@kind("roll_id", sealed=("member_id",))
class MemberCheckedIn(Body):
    """One person walked up and joined the shift (QR, button or radio tick). `rung`: on the own phone, which rings a test and counts once that is heard."""

    roll_id: str
    team_id: str
    member_id: str | None
    method: str
    rung: bool = False


@kind("roll_id", sealed=("member_id",))
class MemberCheckedOut(Body):
    """One person left the shift."""

    roll_id: str
    team_id: str
    member_id: str | None


@kind("roll_id", sealed=("member_id",))
class MemberReached(Body):
    """The test that rings at check-in was heard and answered: one more of the team can be reached."""

    roll_id: str
    team_id: str
    member_id: str | None


@kind("shift")
class TeamChased(Body):
    """A team that should stand has not reported; it is asked again, then its station is told."""

    team_id: str
    shift: str
    attempt: int
    to: str


@kind("spot_id", opens=("spot_id",))
class SpotCallStarted(Body):
    """A roll-call at random (查勤): some teams have minutes to answer."""

    spot_id: str
    team_ids: tuple[str, ...]
    due_s: float


@kind("spot_id")
class SpotCallAnswered(Body):
    """A team answered the roll-call. `rolled`: how many its roll said."""

    spot_id: str
    team_id: str
    on_duty: int
    evidence: str
    rolled: int | None = None


@kind("spot_id", closes=("spot_id",))
class SpotCallEnded(Body):
    """The minutes are over."""

    spot_id: str
    missing: tuple[str, ...]


@kind("team_id")
class KitReported(Body):
    """What a team has at hand and what is missing or out of date."""

    team_id: str
    kit: tuple[str, ...]
    missing: tuple[str, ...]


@kind("commander_id", sealed=("note",))
class RecallOrdered(Body):
    """Recall (召回备勤): a commander calls people back to duty; its own act, never a side effect of an alert. `reason`: a code of `respond.reasons`."""

    commander_id: str
    recall_id: str
    team_ids: tuple[str, ...]
    unit_ids: tuple[str, ...]
    reason: str
    note: str | None = None


@kind("drill_id", opens=("drill_id",))
class DrillStarted(Body):
    """Practice or pull test (拉动), in the exercise world."""

    drill_id: str
    incident_id: str | None
    form: str  # pull_test, drill
    team_ids: tuple[str, ...]
    due_s: float


@kind("drill_id")
class DrillAnswered(Body):
    """A team of the drill stood where it was asked to stand."""

    drill_id: str
    team_id: str
    since_start_s: float
    evidence: str


@kind("drill_id")
class DrillLeft(Body):
    """A team left the drill before its end, because a live alert came: live always wins."""

    drill_id: str
    team_id: str
    reason: str


@kind("drill_id", closes=("drill_id",))
class DrillEnded(Body):
    """The drill is over. `reason`: finished, live_alert, stopped."""

    drill_id: str
    reason: str
    slow: tuple[str, ...] = ()


@kind("incident_id")
class WelfareAsked(Body):
    """A lone or endangered crew is asked whether it is well. `attempt` 1, 2 then the duty officer, then an emergency."""

    incident_id: str
    responder_id: str
    attempt: int
    due_s: float


@kind("incident_id")
class WelfareAnswered(Body):
    """It is well, or it is not."""

    incident_id: str
    responder_id: str
    well: bool
    evidence: str


@kind("incident_id")
class WelfareMissed(Body):
    """No answer: retry, duty officer, emergency."""

    incident_id: str
    responder_id: str
    attempt: int
    next: str


@kind("incident_id", sealed=("note",))
class FeedbackGiven(Body):
    """What somebody who came found: as_told, different, nothing_there or more_needed, and in own words what else there is to say."""

    incident_id: str
    responder_id: str
    found: str
    note: str | None = None


@kind("device_id")
class DeviceRateLearned(Body):
    """How many incidents a button or sensor has called in all, and how many of them were false. Never counted per person."""

    device_id: str
    calls: int
    false: int


@kind("team_id")
class TeamStatsLearned(Body):
    """How often a team was asked and answered at an hour on a channel, in all: what its chance of answering is made of. Never counted per person."""

    team_id: str
    hour: int
    channel: str
    asked: int
    answered: int
