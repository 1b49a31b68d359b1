"""The public page of the zone outside: kept at once, read inside later, followed with the same code, and the venue hears nothing, also with the border cut."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from tests.support.zones import zones


def test_a_report_kept_outside_goes_in_and_asks_nobody_of_the_venue(tmp_path: Path) -> None:
    with zones(tmp_path) as z, httpx.Client(base_url=z.address, headers={"accept-language": "en"}) as phone:
        z.pass_s(8)
        z.inward.cut = z.outbound.cut = True
        z.pass_s(12)
        page = phone.get("/report?at=V").text
        assert "tel:110" in page and 'type="file"' not in page and 'name="venue_id" value="V"' in page
        once = re.findall(r'name="once" value="(\w+)"', page)[0]
        said = {"once": once, "text": "有人打架 fire exit locked", "venue_id": "V"}
        answers = [phone.post("/report", data=said) for _ in range(2)]
        codes = [re.findall(r"<code>(.*?)</code>", answer.text)[0] for answer in answers]
        assert [answer.status_code for answer in answers] == [201, 201] and codes[0] == codes[1]
        z.pass_s(30)
        assert "Nobody has read it yet" in phone.post("/report/follow", data={"code": codes[0]}).text
        assert z.outer.core.counts["alone"] == 0
        z.inward.cut = z.outbound.cut = False
        z.pass_s(20)
        (about,) = z.incidents()
        assert about.confidential and not about.alerts and "automatic" not in about.rings.values()
        assert z.facts("AlertSent") == [] and z.facts("KeepAwaySent") == []
        z.pass_s(10)
        page = phone.post("/report/follow", data={"code": codes[0]}).text
        assert "Read by the desk" in page and "Answers are not shown here" in page
        assert (
            "Nothing stands under this code"
            in phone.post("/report/follow", data={"code": "2222-2222-2222"}).text
        )
