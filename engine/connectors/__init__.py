"""Job handlers that come with Stepwell: importing this package registers them."""

from engine.connectors import email, http

__all__ = ["email", "http"]
