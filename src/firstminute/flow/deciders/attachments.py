"""The command about what people attach: the shell has looked at the bytes and keeps them; here it is decided whether they belong."""

from __future__ import annotations

from dataclasses import dataclass

from firstminute.flow.state import State
from firstminute.model.envelope import Act, Body
from firstminute.respond import attachments
from firstminute.respond.records import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAttachment:
    """The call or incident, what the file is by its content, how large it is, the SHA-256 of what came, and what its sender calls it."""

    subject_id: str
    attachment_id: str
    media: str
    size: int
    shown_size: int
    digest: str
    name: str | None = None


def keep_attachment(state: State, a: KeepAttachment, act: Act) -> list[Body]:
    """A photo, voice note or film belongs to a call or incident from now on, where there is room and the sender has to do with it."""
    about = attachments.get_room(state.respond, a.subject_id, act.actor)
    kept = Attachment(a.attachment_id, a.media, a.size, a.shown_size, act.at_s, a.name)
    return [*attachments.keep(about, kept, digest=a.digest)]
