"""The command that anchors another desk's signed head in this journal.

Idea: a journal cannot prove its own past to others: whoever writes it can write it anew. A head that stands in somebody else's journal can, because
both would have to be rewritten. The shell has checked form and signature; here it is decided against what that desk said before.
"""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import HeadAnchored

STREAMS_MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorHead:
    """A signed head as another desk's `firstminute head` wrote it. `new_key`: that district has said by another way that its key changed.

    `problem`: what the shell found wrong: a field, `signature`, `own`; empty where nothing is. What no shell has checked is not believed.
    """

    desk: str
    world: str
    seq: int
    tree: str
    chain: str
    at_s: int
    hashes: str
    key_id: str
    public_key: str
    signature: str
    peaks: tuple[str, ...] = ()
    new_key: bool = False
    problem: str = "unchecked"


def anchor_head(state: State, a: AnchorHead, act: Act) -> list[Body]:
    """Record the head of another desk. One that says something else about as many facts as before is recorded too: it is the proof of a second past."""
    stream = f"{a.desk}/{a.world}"
    match a.problem:
        case "":
            pass
        case "signature":
            raise Refused("head_not_signed", stream=stream)
        case "own":
            raise Refused("head_own", stream=stream)
        case field:
            raise Refused("head_wrong", field=field)
    before = state.desk.anchored.get(stream)
    contradicts = None
    if before is None:
        if len(state.desk.anchored) >= STREAMS_MOST:
            raise Refused("head_too_many", most=STREAMS_MOST)
    else:
        if (a.seq, a.tree) == (before.head_seq, before.tree):
            raise Refused("head_already", stream=stream, seq=a.seq)
        if a.seq < before.head_seq:
            raise Refused("head_older", stream=stream, seq=before.head_seq)
        if a.key_id != before.key_id and not a.new_key:
            raise Refused("head_other_key", stream=stream, key=before.key_id)
        contradicts = before.tree if a.seq == before.head_seq else None
    return [
        HeadAnchored(
            stream=stream, head_seq=a.seq, tree=a.tree, chain=a.chain, signed_s=a.at_s, hashes=a.hashes, key_id=a.key_id,
            public_key=a.public_key, signature=a.signature, peaks=a.peaks, contradicts=contradicts,
            key_before=before.key_id if before is not None and before.key_id != a.key_id else None,
        )
    ]  # fmt: skip
