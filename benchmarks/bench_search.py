"""Places by name among 100,000: the slowest of a hundred queries in processor time, beside a plain look at every name in Python.

The names are put together from the syllables and words of Chinese street and venue names, seeded; queries are parts of them, their pinyin and its
first letters, and the worst there is: one letter that stands in most names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.harness import Context, Row, row
from firstminute.app.spelling import spelled
from firstminute.command.gazetteer import Entry, Gazetteer, fold_text

NAME = "search"
NAMES, QUERIES, MOST, ROUNDS = 100_000, 600, 20, 3
FIRST = tuple("人民中山解放建设东西南北新华和平长江黄河文化朝阳海淀天河白云福田龙岗宝安罗湖湖滨")
KIND = (
    "路",
    "街",
    "大道",
    "公园",
    "菜市场",
    "小学",
    "中学",
    "便利店",
    "派出所",
    "医院",
    "花园",
    "广场",
    "大厦",
    "物业服务中心",
)
WORST = ("路", "公园", "大", "a", "g", "zh", "gongyuan", "z", "中", "rm")


def names(rng: np.random.Generator) -> list[str]:
    """So many names, some of them twice."""
    words = np.array(FIRST)
    return ["".join(rng.choice(words, int(rng.integers(2, 6)))) + str(rng.choice(KIND)) for _ in range(NAMES)]


def run(context: Context) -> list[Row]:
    """The 99th percentile of both, and whether both find the same."""
    rng = np.random.default_rng(4)
    entries = [
        Entry(name, None, "venue", str(k), 0.0, 0.0, spelled(name)) for k, name in enumerate(names(rng))
    ]
    book = Gazetteer(entries)
    queries = list(WORST)
    for k in rng.integers(0, NAMES, QUERIES - len(WORST)).tolist():
        whole = entries[k].name
        part = (
            whole[: int(rng.integers(1, 5))],
            whole[1:3],
            "".join(entries[k].spelled[:3]),
            "".join(s[0] for s in entries[k].spelled),
        )
        queries.append(part[int(rng.integers(0, 4))])
    ours = [min(_seconds(partial(book.find, query, MOST)) for _ in range(ROUNDS)) for query in queries]
    folded = [fold_text(each.name) for each in entries]
    chinese = [query for query in queries if not query.isascii()]
    plain = [_seconds(partial(_holding, folded, query)) for query in chinese[:200]]
    same = all(
        {each.name for each in book.find(query, NAMES)} == {e.name for e in entries if query in e.name}
        for query in chinese[:20]
    )
    figures = float(np.quantile(ours, 0.99)) * 1e3, float(np.quantile(plain, 0.99)) * 1e3
    work = f"p99 of {QUERIES} searches among {NAMES:,} names, ms CPU"
    return [row(NAME, work, figures, "looking at every name, Chinese only", same_answer=same)]


def _holding(names: Sequence[str], query: str) -> list[str]:
    """The peer: a look at every name."""
    return [name for name in names if query in name]


def _seconds(act: Callable[[], object]) -> float:
    began_s = time.process_time()
    act()
    return time.process_time() - began_s
