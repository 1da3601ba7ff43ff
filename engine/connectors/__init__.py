"""Importing this package registers the job handlers that come with Stepwell."""

from engine.connectors import email, http

__all__ = ["email", "http"]
