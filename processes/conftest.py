"""Process packages are tested in memory: their tests get the fixture `engine`."""

from engine.testing.plugin import engine

__all__ = ["engine"]
