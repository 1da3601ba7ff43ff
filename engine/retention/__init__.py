"""Instances that have ended are kept for a while, archived, deleted."""

from engine.retention.sweeping import KEEP, Retention, change, inherit, of, of_all, sweep

__all__ = ["KEEP", "Retention", "change", "inherit", "of", "of_all", "sweep"]
