"""Texts in both languages, and the vocabulary that every surface shares."""

from __future__ import annotations

from typing import NamedTuple


class T(NamedTuple):
    """A text in Chinese and English; neither may be empty."""

    zh: str
    en: str


def same(text: str) -> T:
    """A text that reads the same in both languages (a code, a name of a file)."""
    return T(text, text)
