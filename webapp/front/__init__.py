"""The front is our ASGI application: connections wait in coroutines, and only work takes a thread."""

from webapp.front.application import Front

__all__ = ["Front"]
