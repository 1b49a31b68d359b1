"""Tracebacks that tell where something went wrong and never about whom.

Idea: the text of an exception may quote what it was working on (a value that did not fit, a line that could not be read, a row), so a traceback is written
with its places and the kind of each exception, without their texts. The journal holds what happened; a log is read by more people than may read that.
Limits: what our own code hands to a logger is written as it stands: sentences and counts, and for errors of files their number and name.
"""

from __future__ import annotations

import traceback

MOST_FRAMES = 40


def places_of(problem: BaseException | None) -> list[str]:
    """Each exception of the chain: where it went through, and its kind."""
    lines: list[str] = []
    while problem is not None and len(lines) < 4 * MOST_FRAMES:
        frames = traceback.extract_tb(problem.__traceback__)[-MOST_FRAMES:]
        lines += [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        lines.append(f"{type(problem).__module__}.{type(problem).__name__}")
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    return lines
