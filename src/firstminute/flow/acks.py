"""What the desk answers to a command: given only after its facts are durable.

Idea: one small value that shells can show, store and give again; `code` and `params` are a refusal's, `reply` holds the ids that were made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Status: TypeAlias = Literal["done", "refused", "invalid", "not_durable", "busy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The answer to one command.

    Attributes
    ----------
    seq : the last fact of the world it ran in, once it was done (or refused)
    status : done: its facts are durable · refused: not lawful now · invalid: the arguments do not fit · not_durable: the disk
        failed, try again with the same id · busy: too many wait
    code, params : why not, as a code and the values of its sentence
    reply : ids made, alerts sent, problems found (`flow.reply`)
    again : True where this answers a command that was answered before
    """

    seq: int
    command_id: str
    status: Status
    code: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    reply: dict[str, Any] = field(default_factory=dict)
    again: bool = False

    @property
    def done(self) -> bool:
        """True where its facts are durable."""
        return self.status == "done"
