"""Every line that is logged says which instance, element and job the running code is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_bound: ContextVar[Mapping[str, str]] = ContextVar("stepwell_log_context", default={})  # noqa: B039 - never changed in place


@contextmanager
def bound(**ids: object) -> Iterator[None]:
    """Add ids, such as `processInstanceKey=...`, to what is logged within."""
    token = _bound.set({**_bound.get(), **{name: str(value) for name, value in ids.items()}})
    try:
        yield
    finally:
        _bound.reset(token)


def current() -> Mapping[str, str]:
    return _bound.get()
