"""What somebody in danger may send: neither budgets nor locks stand before it.

Idea: one predicate, asked by whoever would otherwise turn a request away. Limits: it goes by method and path alone, before anything is read.
"""

from __future__ import annotations

READ_LOOSELY = ("/calls", "/report")
"""What reads its own body, so that what arrived of one that is too large or never ends is kept."""


def may_be_a_call(method: str, path: str) -> bool:
    """True for what somebody in danger may send: a call by any channel, a report of the public page, another centre's record of one, a crew's cry for help.

    >>> may_be_a_call("POST", "/calls"), may_be_a_call("PUT", "/cad/incidents/x"), may_be_a_call("GET", "/calls")
    (True, True, False)
    """
    return (
        (method == "POST" and path in READ_LOOSELY)
        or (method == "PUT" and path.startswith("/cad/incidents/"))
        or (method == "POST" and path.startswith("/assignments/") and path.endswith("/help"))
    )
