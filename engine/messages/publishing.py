"""These commands bring a message to those who wait for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from engine import clock, exact_json
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument, NotFound
from engine.failpoints import failpoint
from engine.models import Message
from engine.postgres import keys, transactions
from engine.transition import advance, correlation, idempotency

MAX_TTL = 366 * 24 * 3_600.0
"""Seconds for which a message is kept, at most: 366 days; a longer time to live is refused."""
MAX_NAME = 500
"""Characters of a name, a correlation key or a message id, at most; a longer one is refused."""


@dataclass(frozen=True, slots=True)
class Published:
    """The result of publishing a message: `instances` were reached at once, those that waited and those that were started."""

    key: int
    instances: tuple[int, ...]


def publish(
    name: str,
    *,
    correlation_key: str = "",
    variables: Mapping[str, Any] | None = None,
    ttl: float = 0.0,
    message_id: str = "",
    by: Actor,
    idempotency_key: str | None = None,
) -> Published:
    """Publish a message. In each process it reaches one instance at most: one that waits now, a new one where the process begins
    with it, or one that begins to wait within `ttl` seconds.

    Without a correlation key, the variables give it where a process that waits or begins says how (8.3.2). Raises Conflict for a
    `message_id` that an unexpired message of this name and key has.
    """
    by.require_operator("publish messages")
    message = _new(name, correlation_key=correlation_key, variables=variables, ttl=ttl, message_id=message_id, by=by)
    arguments = {"name": name, "key": correlation_key, "variables": message.variables, "id": message_id}

    def work() -> Published:
        answer = idempotency.recall(idempotency_key, command="publish message", arguments=arguments, by=by)
        if answer is not None:
            return Published(int(answer["key"]), tuple(answer["instances"]))
        published = _deliver(message)
        idempotency.remember(idempotency_key, {"key": published.key, "instances": list(published.instances)}, by=by)
        return published

    return _committed(work)


def correlate(
    name: str, *, correlation_key: str = "", variables: Mapping[str, Any] | None = None, by: Actor
) -> Published:
    """Bring a message to those who wait for it now, or start an instance by it; it is not kept. Raises NotFound when it reaches
    nobody.
    """
    by.require_operator("correlate messages")
    message = _new(name, correlation_key=correlation_key, variables=variables, by=by)

    def work() -> Published:
        published = _deliver(message)
        if not published.instances:
            raise NotFound(
                f"Expected an instance that waits for the message '{name}' with the correlation key '{message.correlation_key}', "
                "or a process that begins with it; found none."
            )
        return published

    return _committed(work)


def _new(
    name: str,
    *,
    correlation_key: str,
    variables: Mapping[str, Any] | None,
    ttl: float = 0.0,
    message_id: str = "",
    by: Actor,
) -> Message:
    """Make a message without saving it; where it has no correlation key, its variables give it one. Raises InvalidArgument."""
    given = exact_json.checked_variables(variables)
    _check(name, correlation_key=correlation_key, ttl=ttl, message_id=message_id)
    now = clock.now()
    return Message(
        key=keys.take_one(),
        name=name,
        correlation_key=correlation_key or correlation.key_of_payload(name, given, now=now),
        message_id=message_id,
        variables=given,
        published_at=now,
        expires_at=now + timedelta(seconds=ttl),
        by=by.username,
    )


def _deliver(message: Message) -> Published:
    """Keep the message, if it has a time to live, and bring it to those who wait for it now. For callers inside a transaction."""
    correlation.lock([(message.name, message.correlation_key)])
    _require_new(message)
    is_kept = message.expires_at > message.published_at
    if is_kept:
        _keep(message)
    failpoint("messages.before_deliver")
    reached = correlation.deliver(message, now=message.published_at, stored=is_kept)
    failpoint("messages.before_commit")
    return Published(message.key, tuple(reached.all))


def _committed(work: Callable[[], Published]) -> Published:
    """Run `work`, which publishes a message, in a transaction of its own; then advance the instances that the message reached."""
    failpoint("messages.before_publish")
    published = transactions.run(work)
    failpoint("messages.after_commit")
    advance.advance(*published.instances)
    return published


def _keep(message: Message) -> None:
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError as error:
        raise _known(message) from error


def _require_new(message: Message) -> None:
    """Raise Conflict if an unexpired message has the same id. An expired one with this id is deleted."""
    if not message.message_id:
        return
    same = Message.objects.filter(
        name=message.name, correlation_key=message.correlation_key, message_id=message.message_id
    )
    same.filter(expires_at__lte=message.published_at).delete()
    if same.exists():
        raise _known(message)


def _known(message: Message) -> Conflict:
    return Conflict(
        f"Expected a new message id for the message '{message.name}', found '{message.message_id}', which was published before."
    )


def _check(name: str, *, correlation_key: str, ttl: float, message_id: str) -> None:
    if not name or len(name) > MAX_NAME:
        raise InvalidArgument(f"Expected a message name of 1 to {MAX_NAME} characters.")
    if not 0 <= ttl <= MAX_TTL:
        raise InvalidArgument(f"Expected a time to live of 0 to {MAX_TTL:.0f} seconds, found {ttl}.")
    for text, what in ((name, "name"), (correlation_key, "correlation key"), (message_id, "message id")):
        if "\x00" in text or len(text) > MAX_NAME:
            raise InvalidArgument(f"Expected a {what} of at most {MAX_NAME} characters, without NUL.")
