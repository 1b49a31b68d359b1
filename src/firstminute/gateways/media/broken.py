"""The one thing that readers of media say when a file is not what it claims to be."""

from __future__ import annotations


class Broken(ValueError):
    """The file is cut off, contradicts itself or has something hanging on its end. The text is a code."""
