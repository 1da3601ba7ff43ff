"""Advisory locks: all that there are, with who takes each and for how long.

They stand beside the rows: for what has no row yet (a name that somebody is about to wait for), or for work that one process at a time
may do. Most are held until the transaction ends; two are the session's, and are given back.

A lock that stands for one of many (a message name and key, say) is known by the two halves of an advisory lock's key: its number here,
and a hash of the texts. Two texts may share a hash: then who needs one waits for who has the other, and nothing is lost by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, unique

from django.db import InterfaceError, OperationalError

from engine.postgres import statements


@unique
class Lock(Enum):
    """Each is a number that no other part uses in this database."""

    MESSAGE = 1_398_034_000
    """Whoever publishes a message, or begins to wait for one, takes that of its name and correlation key, until the commit."""
    MESSAGE_START = 1_398_034_001
    """Whoever is about to start an instance by a message takes that of the process and the correlation key, until the commit."""
    START_OCCURRENCE = 1_398_034_002
    """Whoever notes that one trigger of a parallel multiple start event occurred takes that of process and element, until the commit."""
    BUSINESS_ID = 1_398_034_010
    """Whoever starts an instance with a business id that is to be unique takes that of the process and the id, until the commit."""
    PROJECTION = 1_398_034_020
    """A projector takes it for each batch of the journal, and so does who deletes instances that one may have read: until the commit."""
    DEPLOYMENT = 1_398_034_030
    """Whoever deploys takes it, until the commit, because versions are counted."""
    JOURNAL_PARTITIONS = 1_398_034_040
    """A sweeper takes it to make partitions of the journal, until the commit."""
    LOGIN_ADDRESS = 1_398_034_050
    """For each address: who counts an attempt to log in from there, until its commit."""
    PREPARATION = 7_384_215_001
    """A web server that starts takes it to migrate the database and to deploy the folder of processes, until both are done: it is the
    session's."""


def lock(which: Lock, *texts: str) -> None:
    """Wait for the lock, which the transaction then holds until it ends; with `texts` the one of these that stands for them."""
    if texts:
        lock_all(which, [texts])
    else:
        statements.execute("SELECT pg_advisory_xact_lock(%s)", [which.value])


def lock_all(which: Lock, wanted: Iterable[tuple[str, ...]]) -> None:
    """Wait for several locks of one kind, until the transaction ends. Whoever needs several asks for them in one call, once a
    transaction: they are taken in an order that is the same for all, so that two never wait for each other."""
    names = ["\x01".join(texts) for texts in set(wanted)]
    if names:
        # sorted by the number that is locked: two different names may share one
        statements.execute(
            "SELECT pg_advisory_xact_lock(%s, number)"
            " FROM (SELECT DISTINCT hashtext(name) AS number FROM unnest(%s::text[]) AS wanted(name) ORDER BY 1) AS numbers",
            [which.value, names],
        )


def try_lock(which: Lock) -> bool:
    """Take the lock until the transaction ends; False, at once, when another has it."""
    [(taken,)] = statements.rows("SELECT pg_try_advisory_xact_lock(%s)", [which.value])
    return bool(taken)


@contextmanager
def held(which: Lock) -> Iterator[None]:
    """Wait for the lock and hold it in the block, over any number of transactions. It is the session's: keep the connection."""
    statements.rows("SELECT pg_advisory_lock(%s)", [which.value])
    try:
        yield
    finally:
        _give_back(which.value)


@contextmanager
def alone_with(instance_key: int) -> Iterator[bool]:
    """Hold the lock of a process instance in the block, over any number of transactions; False when another has it.

    Its number is the instance's key itself, a multiple of the size of a key block, which no member of `Lock` is. Who takes up what was
    left behind for an instance takes it, for as long as that lasts. It is the session's: keep the connection; one that dies loses it.
    """
    [(taken,)] = statements.rows("SELECT pg_try_advisory_lock(%s)", [instance_key])
    try:
        yield bool(taken)
    finally:
        if taken:
            _give_back(instance_key)


def _give_back(number: int) -> None:
    with suppress(OperationalError, InterfaceError):  # a session that has ended holds nothing
        statements.rows("SELECT pg_advisory_unlock(%s)", [number])
