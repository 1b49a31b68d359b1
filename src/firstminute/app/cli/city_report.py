"""What a person sees while a city is built and after: a progress bar and a summary, in their language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from firstminute.app.messages import sentence

Tell = Callable[[str, int, int], None]
_STAGES = ("ways", "nodes", "streets", "turns", "map", "write")


@contextmanager
def progress(language: str) -> Iterator[Tell]:
    """A bar on standard error, one step a stage; only counts where it is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[seen]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(_STAGES), seen="")

        def tell(stage: str, done: int, total: int) -> None:
            seen = f"{done:,}" if done else ""
            bar.update(
                task,
                description=sentence(language, f"ground.stage.{stage}"),
                completed=_STAGES.index(stage),
                seen=seen,
            )

        yield tell


def summary(about: Mapping[str, Any], language: str) -> None:
    """Print what a city is."""
    console = Console(highlight=False, soft_wrap=True)

    def say(key: str, **params: Any) -> str:
        return sentence(language, f"ground.{key}", params)

    facts = Table(show_header=False, box=None, pad_edge=False)
    turns = about["turns"]
    reasons = ", ".join(f"{reason} {count}" for reason, count in turns["ignored"].items())
    facts.add_row(say("row.source"), str(about["source"]))
    facts.add_row(
        say("row.network"),
        say("row.network_value", **{key: f"{about[key]:,}" for key in ("junctions", "pieces", "length_km")}),
    )
    facts.add_row(say("row.bbox"), ", ".join(f"{value:.4f}" for value in about["bbox"]))
    facts.add_row(say("row.region"), str(about["region"]))
    facts.add_row(say("row.speed_source"), str(about["speed_source"]))
    ignored = sum(turns["ignored"].values())
    facts.add_row(
        say("row.turns"),
        say(
            "row.turns_value", kept=turns["kept"], ignored=ignored, reasons=f"({reasons})" if reasons else ""
        ),
    )
    facts.add_row(say("row.barriers"), say("row.barriers_value", **about["barriers"]))
    left = ", ".join(f"{name} {count}" for name, count in about["left_out"].items() if count)
    if left:
        facts.add_row(say("row.left_out"), left)
    console.print(facts)
    table = Table(*(say(f"column.{name}") for name in ("mode", "nodes", "arcs", "scc_share")))
    for mode, counts in about["per_mode"].items():
        if counts["arcs"]:
            table.add_row(mode, f"{counts['nodes']:,}", f"{counts['arcs']:,}", f"{counts['scc_share']:.1%}")
    console.print(table)
