"""Optimisation models with bound, gap and status; no word of any workstream."""
