"""How recorded facts change what is open: one table from fact kind to the function that changes the slice.

Idea: a fold changes only this slice, in place, and never raises on a recorded fact, also when everything sealed in it was erased: then the place falls
back to its 100 m cell and words are simply not known. The functions stand in `fold_calls`, `fold_incidents`,
`fold_response` and `fold_watch`.
"""

from __future__ import annotations

from firstminute.respond import fold_calls, fold_incidents, fold_response, fold_watch
from firstminute.respond.fold_calls import Handlers

HANDLERS: Handlers = {
    **fold_calls.HANDLERS,
    **fold_incidents.HANDLERS,
    **fold_response.HANDLERS,
    **fold_watch.HANDLERS,
}
"""Fact kind → what it changes. A kind that is not here changes nothing in this slice."""
