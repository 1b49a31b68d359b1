"""Numbers of the blank forms on which calls are written while the service is away: reserved ahead, never given twice, read back with a check digit.

Idea: a block of numbers is a fact, so the highest one outlives the process. A record brought back from a backup has forgotten the blocks of its last
minutes, and their forms may lie in a drawer already: so a block never begins below the minutes that have passed since 2026, and what is reserved after a
restore lies beyond them. Source of the check digit: ISO 7064, MOD 11,10; it finds every single wrong digit and nearly all that changed places.
Limits: blocks taken faster than one number a minute for long outrun that floor; the paper itself can be copied.
"""

from __future__ import annotations

import re
import unicodedata

from firstminute.model.envelope import Body
from firstminute.model.errors import Refused
from firstminute.model.facts.desk import FormsReserved
from firstminute.respond.records import Respond

MOST = 200
"""So many forms at once."""
BEGIN_S = 1_767_225_600.0
"""2026-01-01 00:00 UTC."""
WIDTH = 6
NUMBER = re.compile(r"\D*?(\d{1,12})\D?(\d)", re.ASCII)


def check_digit(number: int) -> int:
    """The digit that stands behind a form's number.

    >>> check_digit(794)
    4
    """
    product = 10
    for digit in str(number).zfill(WIDTH):
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10


def shown(number: int) -> str:
    """A form's number as it is printed.

    >>> shown(475_123), shown(7)
    ('475123-9', '000007-6')
    """
    return f"{number:0{WIDTH}}-{check_digit(number)}"


def read(typed: str) -> int | None:
    """The number in what somebody typed from a form, None where it cannot be one: a wrong digit is found by the last one.

    >>> read(" 475123-9 "), read("4751239"), read("475124-9"), read("form")
    (475123, 475123, None, None)
    """
    found = NUMBER.fullmatch(unicodedata.normalize("NFKC", typed[:64]).strip())
    if found is None or (number := int(found[1])) == 0:
        return None
    return number if check_digit(number) == int(found[2]) else None


def reserve(last: int, count: int, *, seat: str, at_s: float) -> list[Body]:
    """The next block. `last`: the highest number given before.

    Refused: forms_count
    """
    if not 0 < count <= MOST:
        raise Refused("forms_count", count=count, most=MOST)
    first = max(last + 1, int((at_s - BEGIN_S) // 60), 1)
    return [FormsReserved(seat=seat, first=first, last=first + count - 1)]


def wrong(respond: Respond, last: int, number: int | None) -> list[str]:
    """What is odd about a form's number, as problems of its call, which is kept all the same: nobody gave it, or another call has it."""
    if number is None:
        return []
    return (["form:unknown"] if number > last else []) + (["form:used"] if number in respond.forms else [])
