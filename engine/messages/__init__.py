"""This room has the commands on messages and signals."""

from engine.messages.kept import expire, give_back, start_after_resume, start_waiting
from engine.messages.publishing import Published, correlate, publish

__all__ = ["Published", "correlate", "expire", "give_back", "publish", "start_after_resume", "start_waiting"]
