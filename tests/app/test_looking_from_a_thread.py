"""The feed's rows change on the event loop while other threads look at them: nobody stumbles."""

from __future__ import annotations

import threading
from pathlib import Path

from firstminute.api.hub import Hub
from firstminute.app.beside import Beside
from tests.support.desk import desk_at

LOOKS = 100


def test_places_are_found_while_rows_come_and_go(tmp_path: Path) -> None:
    hub, over = Hub(), threading.Event()
    venue = {"id": "v", "name": "东园大厦", "lon": 118.0, "lat": 30.0, "name_en": None}
    hub.publish(1, {f"venue/{k}": {**venue, "id": str(k)} for k in range(2000)})

    def change() -> None:
        k = 0
        while not over.is_set():
            k += 1
            hub.publish(k, {f"venue/new-{k}": {**venue, "id": f"new-{k}"}, f"venue/new-{k - 40}": None})

    with desk_at(tmp_path):
        beside, thread = Beside(hub, None), threading.Thread(target=change)
        thread.start()
        try:
            assert all(beside.search("东园", 5) for _ in range(LOOKS))
        finally:
            over.set()
            thread.join()
            beside.close()
