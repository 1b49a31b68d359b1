"""A new master key, beside a running desk: keys are wrapped anew in bites, and the journal says when it came into force.

Idea: `master.key.new` in the data folder is the order, and whoever writes the vault carries it out; so an operator at the command line, a service that
runs, and one that starts after a kill all go on with the same rotation. The fact follows the deed: a rotation that is through and not yet recorded
is recorded at the next look, under a command id made of its number.
"""

from __future__ import annotations

import logging
import time

from firstminute.app.desk import Desk
from firstminute.model.envelope import SYSTEM

LOG = logging.getLogger("firstminute.rotation")
WITHIN_S = 60.0
BREATH_S = 0.02


def rotate(desk: Desk) -> bool:
    """Carry an ordered rotation on, and step aside while many call; True while some of it is left."""
    vault = desk.store.vault
    left = vault.rotating
    while left and not desk.hurried:
        left = vault.rotate()
        time.sleep(BREATH_S)
    if not left:
        record_rotations(desk)
    return left


def record_rotations(desk: Desk) -> list[int]:
    """Say of each rotation that is through that it is; the numbers of the master keys that came into force."""
    vault, done = desk.store.vault, []
    for each in vault.unrecorded():
        arguments = {"desk": desk.store.desk, "number": each.number, "cipher": each.cipher}
        name = f"master-key-{each.number}"
        ack = desk.submit("record_master_key", arguments, SYSTEM, name).result(WITHIN_S)
        if not ack.done:
            LOG.warning("the rotation to master key %d is not recorded yet: %s", each.number, ack.code)
            break
        vault.recorded(each.number)
        done.append(each.number)
    return done
