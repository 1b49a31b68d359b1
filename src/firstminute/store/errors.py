"""What can go wrong with the record, each with the sentence an operator needs."""

from __future__ import annotations


class StorageRefused(RuntimeError):
    """The store will not start like this: a second process, a wrong durability setting, a file of a newer release.

    Parameters
    ----------
    code : `in_use` …; `store.<code>` is its sentence in the message catalogues
    said : the same in English, for logs
    parameters : what the sentence names
    """

    def __init__(self, code: str, said: str, **parameters: object) -> None:
        super().__init__(said)
        self.code, self.parameters = code, parameters


class NotDurable(RuntimeError):
    """A commit failed: nothing of its group may be acknowledged, and the connection is gone."""


class Unreadable(NotDurable):
    """The record could not be read: a disk that fails, a page that is damaged. Nothing may be decided on what is not known."""


class HeadLost(RuntimeError):
    """Another process moved the head of the journal, or the files themselves are gone: this desk must stop (DESIGN.md §4)."""


class Broken(ValueError):
    """Stored bytes are not what was written."""
