"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import tempfile

import pytest

import xietong
from xietong.core.region import Region

os.environ["XIETONG_CACHE"] = tempfile.mkdtemp(prefix="xietong-test-")  # no test reads what an earlier run kept

DAY = "2026-01-15"
"""A fixed day, so that no test changes its mind when a rule does."""


@pytest.fixture(scope="session")
def jjj() -> Region:
    """The bundled region on a fixed day; immutable, so that all tests may share it."""
    return xietong.load("jjj", DAY)
