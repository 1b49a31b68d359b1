"""Names for streets, venues and people of the generated city, in Chinese with an English reading.

Idea: names are put together from short lists of characters with their pinyin, the way Chinese places are named (a wish, a plant, a
direction, then what it is), drawn by a seeded generator and never twice. Nobody and nothing real is meant; phone numbers start with 000.
"""

from __future__ import annotations

import numpy as np

_KNOWN = (
    ("人民", "Renmin"), ("解放", "Jiefang"), ("中山", "Zhongshan"), ("建设", "Jianshe"), ("和平", "Heping"), ("文化", "Wenhua"),
    ("朝阳", "Chaoyang"), ("光明", "Guangming"), ("东风", "Dongfeng"), ("胜利", "Shengli"), ("迎宾", "Yingbin"), ("学府", "Xuefu"),
    ("工农", "Gongnong"), ("滨江", "Binjiang"), ("环城", "Huancheng"), ("友谊", "Youyi"), ("长江", "Changjiang"), ("新华", "Xinhua"),
)  # fmt: skip
_FIRST = (
    ("春", "chun"), ("永", "yong"), ("福", "fu"), ("金", "jin"), ("玉", "yu"), ("云", "yun"), ("青", "qing"), ("桂", "gui"),
    ("梅", "mei"), ("竹", "zhu"), ("兰", "lan"), ("松", "song"), ("海", "hai"), ("龙", "long"), ("凤", "feng"), ("石", "shi"),
    ("南", "nan"), ("北", "bei"), ("东", "dong"), ("西", "xi"), ("安", "an"), ("宁", "ning"), ("康", "kang"), ("瑞", "rui"),
    ("锦", "jin"), ("荷", "he"), ("柳", "liu"), ("枫", "feng"), ("星", "xing"), ("晨", "chen"), ("鹤", "he"), ("银", "yin"),
)  # fmt: skip
_SECOND = (
    ("风", "feng"), ("和", "he"), ("安", "an"), ("兴", "xing"), ("华", "hua"), ("泰", "tai"), ("明", "ming"), ("园", "yuan"),
    ("湖", "hu"), ("山", "shan"), ("桥", "qiao"), ("井", "jing"), ("门", "men"), ("台", "tai"), ("溪", "xi"), ("岭", "ling"),
    ("花", "hua"), ("泉", "quan"), ("林", "lin"), ("田", "tian"), ("光", "guang"), ("阳", "yang"), ("庄", "zhuang"), ("塘", "tang"),
)  # fmt: skip
SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚"
)
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰海燕文博雪梅建国志红宇欣怡晨浩然佳思雨子轩梓涵俊辉鹏飞凯琳"
_KINDS = {
    0: ("环路", "Ring Road"), 1: ("大道", "Avenue"), 2: ("路", "Road"), 3: ("路", "Road"), 4: ("街", "Street"), 5: ("巷", "Lane"),
}  # fmt: skip


class Names:
    """A store of two-character names that are never given twice."""

    def __init__(self, rng: np.random.Generator) -> None:
        pairs = [(a + b, (pa + pb).capitalize()) for a, pa in _FIRST for b, pb in _SECOND if a != b]
        self._rest = [pairs[k] for k in rng.permutation(len(pairs))]
        self._turn = 0

    def next(self) -> tuple[str, str]:
        """The next unused name, then names with a number when all are used."""
        turn = self._turn
        self._turn += 1
        name, reading = self._rest[turn % len(self._rest)]
        again = turn // len(self._rest)
        return (
            (name, reading)
            if again == 0
            else (f"{name}{'二三四五六七八九'[(again - 1) % 8]}", f"{reading} {again + 1}")
        )


class StreetNames:
    """Gives each street line its name once."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._names = Names(rng)
        self._known = list(_KNOWN)
        self._given: dict[int, tuple[str, str] | None] = {}

    def name_of(self, line: int, rank: int, highway: str) -> tuple[str, str] | None:
        """(Chinese, English) name of a line, None for paths."""
        if line not in self._given:
            self._given[line] = self._make(rank, highway)
        return self._given[line]

    def _make(self, rank: int, highway: str) -> tuple[str, str] | None:
        if highway in ("footway", "service"):
            return None
        if highway == "trunk":
            return "外环快速路", "Outer Ring Expressway"
        stem = self._known.pop(0) if rank <= 2 and self._known else self._names.next()
        kind = ("步行街", "Walk") if highway == "pedestrian" else _KINDS[min(rank, 5)]
        return stem[0] + kind[0], f"{stem[1]} {kind[1]}"


def person_name(rng: np.random.Generator) -> str:
    """A synthetic personal name."""
    given = "".join(_GIVEN[k] for k in rng.integers(0, len(_GIVEN), int(rng.integers(1, 3))))
    return SURNAMES[int(rng.integers(0, len(SURNAMES)))] + given


def person_phone(number: int) -> str:
    """A number that no exchange gives out: 000 and eight digits.

    >>> person_phone(42)
    '000-0000-0042'
    """
    return f"000-{number // 10_000:04d}-{number % 10_000:04d}"
