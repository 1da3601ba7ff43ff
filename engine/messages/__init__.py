"""Commands on messages and signals."""

from engine.messages.publishing import Published, correlate, expire, give_back, publish, start_held, start_waiting

__all__ = ["Published", "correlate", "expire", "give_back", "publish", "start_held", "start_waiting"]
