"""What can go wrong with the record, each with the sentence an operator needs."""

from __future__ import annotations


class StorageRefused(RuntimeError):
    """The store will not start like this: a second process, a wrong durability setting, a file of a newer release."""


class NotDurable(RuntimeError):
    """A commit failed: nothing of its group may be acknowledged, and the connection is gone."""


class HeadLost(RuntimeError):
    """Another process moved the head of the journal: this desk must stop (DESIGN.md §4)."""


class Broken(ValueError):
    """Stored bytes are not what was written."""
