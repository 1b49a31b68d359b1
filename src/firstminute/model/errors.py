"""What can go wrong, as codes: the core says a code and its parameters, the edge says the sentence.

Idea: `Refused` is an act that is not lawful now (a late acceptance, an ownerless close): a person sees it, nothing is lost. A bad value at the
edge is a `ValueError`; a broken promise of our own is an `AssertionError`. The sentences stand in the message catalogues, in zh-CN and English.
"""

from __future__ import annotations


class Refused(Exception):
    """An act that is not lawful now: a stable code and the parameters of its sentence.

    Parameters
    ----------
    code : snake_case, a key `refused.<code>` of every message catalogue
    parameters : plain values that the sentence names
    """

    def __init__(self, code: str, **parameters: str | int | float | None) -> None:
        super().__init__(code)
        self.code = code
        self.parameters = parameters

    def __str__(self) -> str:
        """The code and its parameters, for logs."""
        return f"{self.code} {self.parameters}" if self.parameters else self.code
