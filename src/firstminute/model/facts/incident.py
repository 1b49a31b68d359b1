"""An incident lives: opened, classified, commanded, grown, handed over, closed, reopened, reviewed."""

from __future__ import annotations

from firstminute.model.envelope import Body, kind
from firstminute.model.place import Place

Cell = tuple[float, float]


@kind("incident_id", sealed=("place", "summary"), opens=("incident_id",))
class IncidentOpened(Body):
    """Something happens in the world that answers to nobody yet. `started_s` is when the call was answered: clocks count from it."""

    incident_id: str
    call_id: str | None
    type_code: str
    priority: int  # 1 highest … 4
    grade: str  # normal, heightened, emergency
    plan_id: str
    zone: str  # core, dense, other
    district: str | None
    station_id: str | None
    venue_id: str | None
    level: int = 1  # alarm level
    silent: bool = False
    desk_only: bool = False  # fraud and network calls: a desk acts, a crew only when needed
    found_by_team: str | None = None  # the venue's own team saw it first: counts apart
    started_s: float
    cell: Cell | None = None
    place: Place | None = None
    summary: str | None = None


@kind("incident_id", sealed=("place", "summary"))
class IncidentAmended(Body):
    """What is known changed: only the fields named in `changed` count; crews are told."""

    incident_id: str
    changed: tuple[str, ...]
    type_code: str | None = None
    priority: int | None = None
    zone: str | None = None
    district: str | None = None
    station_id: str | None = None
    venue_id: str | None = None
    silent: bool | None = None
    desk_only: bool | None = None
    level: int | None = None
    cell: Cell | None = None
    place: Place | None = None
    summary: str | None = None


@kind("incident_id")
class IncidentClaimed(Body):
    """A seat owns the incident: incidents belong to seats, not to persons."""

    incident_id: str
    seat: str
    taken_over_from: str | None = None


@kind("incident_id")
class RingOpened(Body):
    """A ring is asked to answer. `mode`: automatic, proposed (a dispatcher must say yes), off."""

    incident_id: str
    ring: str  # self_rescue, neighbour_aid, reinforcement
    mode: str
    owner: str
    target_s: float


@kind("incident_id", sealed=("note",))
class NoteAdded(Body):
    """A line in the incident's log, said or seen. `about`: log, safety, resource, hand_over, keep_away."""

    incident_id: str
    about: str
    note: str | None = None


@kind("subject_id", sealed=("name", "digest"))
class AttachmentKept(Body):
    """A photo, voice note or film was kept, sealed under the key of its call or incident. `size`: bytes as it came; `shown_size`: of the copy that is shown.

    `digest`: SHA-256 of what came, so that the original can be proved; `name`: as its sender called it, never a path.
    """

    subject_id: str
    attachment_id: str
    media: str
    size: int
    shown_size: int
    incident_id: str | None = None
    call_id: str | None = None
    digest: str | None = None
    name: str | None = None


@kind("incident_id", sealed=("note",))
class LevelRaised(Body):
    """The alarm level went up: the run card's next needs apply. `reason`: a code of `respond.reasons`."""

    incident_id: str
    level: int
    reason: str
    note: str | None = None


@kind("incident_id", sealed=("note",))
class MessageSaid(Body):
    """A word between the desk and the scene. `origin` of the envelope says who spoke; `unit_id`, `team_id`: for whom. The words are `note`."""

    incident_id: str
    note: str
    from_desk: bool
    unit_id: str | None = None
    team_id: str | None = None


@kind("incident_id")
class DispatchUndone(Body):
    """A dispatcher took back a choice just made: these responders may be asked again. Their alerts and tasks end by facts of their own."""

    incident_id: str
    responder_ids: tuple[str, ...]
    reason_code: str | None = None


@kind("incident_id")
class NearerCrewFree(Body):
    """A crew became free that would be there clearly before one on its way (`responder_id`, by `assignment_id`); the desk may swap the two."""

    incident_id: str
    assignment_id: str
    responder_id: str
    with_unit_id: str
    travel_s: float
    saves_s: float


@kind("incident_id")
class CommandTaken(Body):
    """Somebody commands the scene (level `tactical`) or the whole (level `overall`)."""

    incident_id: str
    commander_id: str
    tier: str
    handed_over_by: str | None = None


@kind("incident_id", sealed=("place",))
class CommandPostSet(Body):
    """A staging point, cordon, sector or command post was named. `what`: staging, cordon, sector, post."""

    incident_id: str
    what: str
    name: str
    cell: Cell | None = None
    place: Place | None = None


@kind("incident_id")
class SurgeDeclared(Body):
    """More calls near one place than one desk can take: short questions, one bundled escalation per commander."""

    incident_id: str
    calls: int
    within_s: float


@kind("incident_id")
class SurgeEnded(Body):
    """Calls near the place fell below the mark again."""

    incident_id: str


@kind("incident_id")
class AgencyAsked(Body):
    """Another agency (119, 120, 122, 12345, …) was asked to take or to share the incident; the sender keeps it until accepted."""

    incident_id: str
    request_id: str
    agency: str
    mode: str  # hand_over, copy
    due_s: float


@kind("incident_id")
class AgencyAnswered(Body):
    """The agency said `accepted` or `refused`, or stayed `silent` past its clock."""

    incident_id: str
    request_id: str
    agency: str
    answer: str
    external_id: str | None = None


@kind("incident_id", sealed=("note",))
class TransferOffered(Body):
    """A district offers the incident to another; it keeps every clock until the acceptance is recorded. `reason`: a code of `respond.reasons`."""

    incident_id: str
    from_district: str
    to_district: str
    reason: str
    note: str | None = None


@kind("incident_id")
class TransferAnswered(Body):
    """The other district accepted or refused. `station_id`: the one that answers there from now on."""

    incident_id: str
    to_district: str
    accepted: bool
    station_id: str | None = None


@kind("incident_id")
class DeskClockStarted(Body):
    """A desk measure runs on a fraud or network call: `stop_payment` (止付) or `dissuasion` (劝阻)."""

    incident_id: str
    measure: str
    due_s: float


@kind("incident_id")
class DeskMeasureTaken(Body):
    """The measure was taken, or found to be impossible. `result`: done, refused_by_bank, too_late, not_needed; not_taken where it was closed without one."""

    incident_id: str
    measure: str
    result: str


@kind("incident_id")
class CancelRequested(Body):
    """The caller or a partner says it is over: information for the dispatcher, never a cancel by itself."""

    incident_id: str
    by: str
    duress: bool = False


@kind("incident_id", sealed=("note",))
class StandDownOrdered(Body):
    """Everybody may stop: reaches every responder at once and asks each for a safety answer. `reason`: a code of `respond.reasons`."""

    incident_id: str
    reason: str
    note: str | None = None


@kind("incident_id", sealed=("note",), closes=("incident_id", "call_ids"))
class IncidentClosed(Body):
    """The end (处警反馈). `outcome`: resolved, handed_over, false_alarm, malicious, device_fault, nobody_found, cancelled, advice."""

    incident_id: str
    outcome: str
    type_code: str
    handed_to: str | None = None
    call_ids: tuple[str, ...] = ()
    device_id: str | None = None
    note: str | None = None


@kind("incident_id", sealed=("note",), opens=("incident_id", "call_ids"))
class IncidentReopened(Body):
    """It was not over after all, and its calls with it; its clocks do not start again. `reason`: a code of `respond.reasons`."""

    incident_id: str
    reason: str
    type_code: str
    priority: int
    cell: Cell | None = None
    call_ids: tuple[str, ...] = ()
    note: str | None = None


@kind("incident_id")
class ReportOverdue(Body):
    """Nobody wrote the closing report in time; the owner is chased."""

    incident_id: str
    owner: str


@kind("incident_id", sealed=("note",))
class IncidentReviewed(Body):
    """What we learned: findings (codes of `respond.reasons`); the tasks that follow are set beside it."""

    incident_id: str
    findings: tuple[str, ...]
    note: str | None = None


@kind("task_id", sealed=("note",), opens=("task_id",))
class TaskSet(Body):
    """Something slow or missing becomes a task with an owner and a due time. `what`: a code of `respond.reasons`."""

    task_id: str
    incident_id: str | None
    what: str
    owner: str
    due_s: float
    team_id: str | None = None
    note: str | None = None


@kind("task_id", sealed=("note",), closes=("task_id",))
class TaskDone(Body):
    """The task is over: done, not_needed, passed_on, impossible."""

    task_id: str
    result: str
    note: str | None = None
