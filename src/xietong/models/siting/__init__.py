"""Siting: where to open sites, for any of the classical objectives, with a bound on how good any plan can be."""

from xietong.models.siting.plan import AreaFigures, Plan
from xietong.models.siting.solve import site

__all__ = ["AreaFigures", "Plan", "site"]
