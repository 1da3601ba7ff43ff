"""Tests of the core run in memory."""

from engine.testing.plugin import engine

__all__ = ["engine"]
