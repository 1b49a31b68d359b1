"""Signed heads: one short, signed statement of everything a journal holds, to be kept where nobody who can write the journal can reach.

Idea: a head says how many facts a stream has and what the roots of its tree and chain are then. Whoever can write the database can make a journal
that is sound from inside; nobody can make it agree with a head that stands in another district's journal, or on paper. The peaks of the
tree go with it: they say nothing new (their root is signed), but they let a later check say in which run of facts something was changed.
Source: RFC 8032 (Ed25519); RFC 9162 calls the same thing a signed tree head.
Limits: a signature shows which key said so. That the desk's key said the truth is shown by the journal, see `tree_check`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firstminute.model.envelope import WORLDS
from firstminute.store.canonical import canonical
from firstminute.store.merkle import HashAt, hashes_of, root_of_peaks

FORM = "firstminute-head-1"
SIGNED = ("desk", "world", "seq", "tree", "chain", "at_s", "hashes", "key_id")
"""What the signature is over, in canonical form after `FORM`."""
MOST_BYTES = 20_000
HEX32, HEX64 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{128}")
NAME, ID, HASHES = (
    re.compile(r"[a-z0-9-]{1,40}"),
    re.compile(r"[0-9a-f]{16}"),
    re.compile(r"1:[a-z0-9_]{1,20}(,[0-9]{1,16}:[a-z0-9_]{1,20}){0,15}"),
)
LARGEST, YEAR_9999 = 2**53, 253_000_000_000


class NoHead(ValueError):
    """What was given is not a head. The message names what is wrong.

    Parameters
    ----------
    what : the field or the line
    code : field (not of its form), line (its check letters do not fit: mistyped), check (every line fits, but not all together)
    """

    def __init__(self, what: str, code: str = "field") -> None:
        super().__init__(what)
        self.what, self.code = what, code


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """Where one stream stood at `at_s`. Hashes, keys and signature are lower-case hex.

    Attributes
    ----------
    seq : its number of facts
    tree, chain : the root of the Merkle tree over them, and the chain's value at the last (empty where it was not read out)
    at_s : when it was signed, whole seconds since 1970
    hashes : from which fact on which hash function: `1:sha256`, or `1:sha256,81235:sm3`
    key_id : names the key that signed; `public_key` is the key itself
    signature : empty where it was not read out, and so nothing was proved by it
    peaks : roots of the tree's full subtrees, largest first; may be left out
    """

    desk: str
    world: str
    seq: int
    tree: str
    chain: str
    at_s: int
    hashes: str
    key_id: str
    public_key: str = ""
    signature: str = ""
    peaks: tuple[str, ...] = ()

    @property
    def stream(self) -> tuple[str, str]:
        """Desk and world."""
        return self.desk, self.world

    def said(self) -> bytes:
        """The bytes that are signed."""
        return FORM.encode() + b"\n" + canonical({name: getattr(self, name) for name in SIGNED})

    def signed_by(self, public_key: str) -> bool:
        """True where this key (64 hex letters) made the signature, and the head names it."""
        if not HEX32.fullmatch(public_key) or not HEX64.fullmatch(self.signature):
            return False
        if key_id_of(public_key) != self.key_id:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(
                bytes.fromhex(self.signature), self.said()
            )
        except (InvalidSignature, ValueError):
            return False
        return True

    def hash_at(self) -> HashAt:
        """The hash function of each seq, as the head says."""
        return hashes_of(
            {int(first): name for first, name in (each.split(":") for each in self.hashes.split(","))}
        )

    def peaks_hold(self) -> bool:
        """True where the peaks are those of the signed root."""
        try:
            made = root_of_peaks([bytes.fromhex(peak) for peak in self.peaks], self.seq, self.hash_at())
        except ValueError:
            return False
        return made.hex() == self.tree

    def plain(self) -> dict[str, Any]:
        """As plain data, as it stands in a file."""
        return {"form": FORM, **asdict(self), "peaks": list(self.peaks)}


def key_id_of(public_key: str) -> str:
    """The short name of a public key: 16 hex letters."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def head_of(plain: object) -> SignedHead:
    """The head that plain data says.

    Raises
    ------
    NoHead : a field is missing, is not of its form, or is not known
    """
    if not isinstance(plain, Mapping):
        raise NoHead("not an object")
    given = {str(name): value for name, value in plain.items()}
    if given.pop("form", FORM) != FORM:
        raise NoHead("form")
    known = {field.name for field in fields(SignedHead)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise NoHead(unknown[0][:40])
    peaks = given.get("peaks", ())
    if not isinstance(peaks, (list, tuple)):
        raise NoHead("peaks")
    try:
        head = SignedHead(**{**given, "peaks": tuple(peaks)})
    except TypeError:
        raise NoHead(next(name for name in SIGNED if name not in given)) from None
    wrong = wrong_with(head)
    if wrong is not None:
        raise NoHead(wrong)
    return head


def wrong_with(head: SignedHead) -> str | None:
    """The first field that is not of its form, None where all are."""
    forms = (("desk", NAME), ("tree", HEX32), ("hashes", HASHES), ("key_id", ID))
    for name, form in forms:
        if not _fits(getattr(head, name), form):
            return name
    if head.world not in WORLDS:
        return "world"
    for name, limit in (("seq", LARGEST), ("at_s", YEAR_9999)):
        value = getattr(head, name)
        if type(value) is not int or not 0 <= value < limit:
            return name
    if head.signature and not head.chain:
        return "chain"
    for name, form in (("chain", HEX32), ("public_key", HEX32), ("signature", HEX64)):
        if getattr(head, name) != "" and not _fits(getattr(head, name), form):
            return name
    if head.peaks and (
        len(head.peaks) != head.seq.bit_count() or not all(_fits(peak, HEX32) for peak in head.peaks)
    ):
        return "peaks"
    return None


def _fits(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None
