"""The command line: one click group whose commands are imported only when they are called.

Idea: `COMMANDS` is the whole menu, one line a command (name, module, attribute), so that `firstminute reach` does not pay for
importing the web service. Limits: a command's help line is read from its module, so `--help` of the group imports them all.
"""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "city": ("firstminute.app.cli.city", "city"),
    "reach": ("firstminute.app.cli.city", "reach"),
    "matrix": ("firstminute.app.cli.city", "matrix"),
    "serve": ("firstminute.app.cli.serve", "serve"),
    "outside": ("firstminute.app.cli.outside", "outside"),
    "border": ("firstminute.app.cli.border", "border"),
    "demo": ("firstminute.app.cli.demo", "demo"),
    "replay": ("firstminute.app.cli.replay", "replay"),
    "verify": ("firstminute.app.cli.journal", "verify"),
    "audit": ("firstminute.app.cli.audit", "audit"),
    "oversight": ("firstminute.app.cli.oversight", "oversight"),
    "head": ("firstminute.app.cli.head", "head"),
    "store": ("firstminute.app.cli.store", "store"),
    "backup": ("firstminute.app.cli.backup", "backup"),
    "restore": ("firstminute.app.cli.backup", "restore_command"),
    "snapshot": ("firstminute.app.cli.snapshot", "snapshot"),
    "account": ("firstminute.app.cli.account", "account"),
    "certificate": ("firstminute.app.cli.certificate", "certificate"),
    "token": ("firstminute.app.cli.token", "token"),
    "register": ("firstminute.app.cli.register", "register"),
    "erase": ("firstminute.app.cli.erase", "erase"),
    "vault": ("firstminute.app.cli.vault", "vault"),
    "retention": ("firstminute.app.cli.retention", "retention"),
    "hold": ("firstminute.app.cli.retention", "hold"),
    "terminal": ("firstminute.app.cli.terminal", "terminal"),
    "webhook": ("firstminute.app.cli.webhook", "webhook"),
    "person": ("firstminute.app.cli.person", "person"),
}


class LazyGroup(click.Group):
    """A click group that imports a command's module when the command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`, or None where there is none."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, attribute = place
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=LazyGroup)
@click.version_option(package_name="firstminute")
def main() -> None:
    """Firstminute: the 1-3-5-minute circle as software."""
