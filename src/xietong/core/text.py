"""Texts in both languages, and the vocabulary that every surface shares."""

from __future__ import annotations

import re
from typing import NamedTuple


class T(NamedTuple):
    """A text in Chinese and English; neither may be empty."""

    zh: str
    en: str


def same(text: str) -> T:
    """A text that reads the same in both languages (a code, a name of a file)."""
    return T(text, text)


_WIDE = dict(zip(",:;?!()", "，：；？！（）", strict=True))
_HAN = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"


def typeset(chinese: str) -> str:
    """Chinese with the full-width punctuation that it is printed with, wherever a mark touches a Chinese character."""
    for _ in range(2):  # a mark may touch one that has just become wide
        chinese = re.sub(rf"(?<={_HAN})[,:;?!()]|[,:;?!()](?={_HAN})", lambda mark: _WIDE[mark.group()], chinese)
    return chinese
