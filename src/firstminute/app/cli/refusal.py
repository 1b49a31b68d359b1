"""A store that will not open, a network that will not do: said in the reader's language."""

from __future__ import annotations

import os

import click

from firstminute.app.messages import language_of, sentence
from firstminute.app.transport import TransportRefused
from firstminute.store.errors import StorageRefused


def refused(problem: StorageRefused | TransportRefused, lang: str | None = None) -> click.ClickException:
    """The exception that ends a command with one sentence and exit code 1."""
    language = language_of(lang, os.environ)
    if isinstance(problem, TransportRefused):
        return click.ClickException(sentence(language, f"tls.{problem.code}", problem.params))
    return click.ClickException(sentence(language, f"store.{problem.code}", problem.parameters))
