"""What one district shows another: both must agree, it is for looking only, it ends by itself, and nothing is shown on."""

from __future__ import annotations

from typing import Any

import pytest

from firstminute.api.hub import Hub
from firstminute.command.picture import Audience
from firstminute.flow import views
from firstminute.flow.access.objects import incident_thing
from firstminute.flow.access.places import tree_of, who_in
from firstminute.flow.registers import put
from firstminute.model.access.policies import may
from firstminute.model.envelope import Actor
from firstminute.model.errors import Refused
from firstminute.model.facts.access import ShareAgreed, ShareEnded, ShareOffered
from firstminute.model.records import District
from tests.support.play import Play, play

NAMES = ("D", "E", "F")


def commander(district: str | None, name: str = "c") -> Actor:
    return Actor(id=f"{name}-{district}", role="commander", district=district)


@pytest.fixture
def town() -> Play:
    """Three districts; an incident is open in D."""
    made = play()
    rows = [
        District(district_id="city", name="city"),
        *(District(district_id=d, name=d, parent="city") for d in NAMES),
    ]
    put(made.state.registers, "districts", rows)
    made.open("fight")
    return made


def offer(town: Play, **more: Any) -> str:
    given: dict[str, Any] = {
        "incident_id": "i1",
        "to_district": "E",
        "lasts_s": 600.0,
        "reason": "joint_operation",
        "actor": commander("D"),
    }
    facts = town.submit("offer_share", **{**given, **more})
    [offered] = [f.body for f in facts if isinstance(f.body, ShareOffered)]
    return offered.share_id


def sees(town: Play, district: str, *, acting: bool = False, incident_id: str = "i1") -> bool:
    """Whether a dispatcher of a district may see (or act on) the incident now."""
    who = who_in(
        town.state, Actor(id="x", role="dispatcher", district=district), town.at_s, reading=not acting
    )
    thing = incident_thing(town.state, incident_id)
    assert thing is not None
    return may("dispatcher", who, thing)


def test_an_offer_shows_nothing_until_the_other_side_agrees(town: Play) -> None:
    key = offer(town)
    assert not sees(town, "E")
    for actor in (commander("D", "other"), commander("F")):
        with pytest.raises(Refused, match="other_district"):
            town.submit("agree_share", share_id=key, actor=actor)
    town.submit("agree_share", share_id=key, actor=commander("E"))
    assert sees(town, "E") and not sees(town, "F") and sees(town, "D")


def test_one_person_is_not_two_parties(town: Play) -> None:
    """A commander of the whole city may be either side, and never both."""
    key = offer(town, actor=commander(None))
    with pytest.raises(Refused, match="second_person_is_first"):
        town.submit("agree_share", share_id=key, actor=commander(None))
    town.submit("agree_share", share_id=key, actor=commander(None, "another"))
    assert sees(town, "E")


def test_what_is_shown_may_be_seen_and_not_touched_and_not_shown_on(town: Play) -> None:
    town.submit("agree_share", share_id=offer(town), actor=commander("E"))
    assert not sees(town, "E", acting=True)
    with pytest.raises(Refused, match="unknown_incident"):
        town.submit(
            "add_note", incident_id="i1", note="x", actor=Actor(id="e", role="dispatcher", district="E")
        )
    with pytest.raises(Refused, match="unknown_incident"):
        offer(town, to_district="F", actor=commander("E"))
    assert not sees(town, "F")


def test_it_ends_by_its_time_also_where_no_timer_has_fired(town: Play) -> None:
    town.submit("agree_share", share_id=offer(town), actor=commander("E"))
    town.at_s += 599.9
    assert sees(town, "E")
    town.at_s += 0.1  # nobody has looked at the timers
    assert not sees(town, "E"), "asked again with every access"
    town.wait(0.0)
    assert town.found(ShareEnded)[-1].how == "over" and not town.state.access.shares


@pytest.mark.parametrize(("district", "how"), [("D", "ended"), ("E", "ended")])
def test_either_side_ends_it_and_a_third_cannot(town: Play, district: str, how: str) -> None:
    key = offer(town)
    town.submit("agree_share", share_id=key, actor=commander("E"))
    with pytest.raises(Refused, match="unknown_share"):
        town.submit("end_share", share_id=key, actor=commander("F"))
    town.submit("end_share", share_id=key, actor=commander(district))
    assert town.found(ShareEnded)[-1].how == how and not sees(town, "E")
    assert not town.state.timers.by_subject.get(key)


def test_an_offer_is_refused_or_taken_back(town: Play) -> None:
    for district, how in (("E", "refused"), ("D", "ended")):
        key = offer(town)
        town.submit("end_share", share_id=key, actor=commander(district))
        assert town.found(ShareEnded)[-1].how == how
        with pytest.raises(Refused, match="unknown_share"):
            town.submit("agree_share", share_id=key, actor=commander("E"))
    assert not town.found(ShareAgreed)


def test_a_whole_district_can_be_shown_with_what_opens_later(town: Play) -> None:
    key = offer(town, incident_id=None, district="D")
    town.submit("agree_share", share_id=key, actor=commander("E"))
    town.open("fire", incident_id="i2", venue_id="Vi")
    town.open("fire", incident_id="i3", venue_id="Vo", district="F")
    assert sees(town, "E") and sees(town, "E", incident_id="i2") and not sees(town, "E", incident_id="i3")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"actor": commander("E"), "to_district": "F"}, "unknown_incident"),
        ({"incident_id": None, "district": "D", "actor": commander("E")}, "other_district"),
        ({"incident_id": None}, "other_district"),
        ({"to_district": "D"}, "unknown_district"),
        ({"to_district": "nowhere"}, "unknown_district"),
        ({"lasts_s": 8 * 86_400.0}, "share_too_long"),
        ({"lasts_s": 0.0}, "share_too_long"),
    ],
)
def test_nobody_shows_what_is_not_his_or_for_ever(town: Play, more: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        offer(town, **more)


def test_the_feed_gives_and_takes_by_itself(town: Play) -> None:
    """A page of the other district sees the row come and go; so does a page that was there before."""
    hub = Hub(lambda: town.at_s)

    def publish() -> None:
        hub.open_to(tree_of(town.state), tuple(town.state.access.shares.values()))
        hub.publish(town.state.seq, views.render(town.state, views.all_keys(town.state)))

    publish()
    client, first = hub.join(Audience("dispatcher", district="E"))
    assert "incident/i1" not in first["set"]
    held = dict(first["set"])
    town.submit("agree_share", share_id=offer(town), actor=commander("E"))
    publish()
    _read(client, held)
    assert "incident/i1" in held and held == hub.snapshot(client.audience)["set"]
    assert all(not key.startswith(("unit/", "venue/")) or row["district"] == "E" for key, row in held.items())
    town.at_s += 600.0
    hub.publish(town.state.seq, {"desk/now": views.render(town.state, ["desk/now"])["desk/now"]})
    _read(client, held)
    assert "incident/i1" not in held, "any message after its end takes it away, whatever the timers do"
    assert held == hub.snapshot(client.audience)["set"]


def _read(client: Any, held: dict[str, Any]) -> None:
    while not client.queue.empty():
        message = client.queue.get_nowait()
        for key in message.get("del", ()):
            held.pop(key, None)
        held.update(message.get("set", {}))
