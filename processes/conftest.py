"""Process packages are tested in memory: their tests get the fixture `process_engine`."""

from stepwell.pytest_plugin import process_engine

__all__ = ["process_engine"]
