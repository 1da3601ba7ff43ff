"""It is known here which handlers there are: the connectors', and those of the process packages, which are found in their folder.

A job type is done by one function, or by none: a type that two packages want is contested, and its jobs wait until one of them has given
it up; so do those of a package that cannot be imported. `faults` says so to whoever starts, asks for readiness or deploys.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from engine.handlers import declaring, packages
from engine.handlers.declaring import Handler
from engine.handlers.packages import Package

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BrokenPackage:
    """A process package cannot be imported; the jobs of its types wait."""

    name: str
    file: Path
    error: Exception
    job_types: frozenset[str]

    def __str__(self) -> str:
        waiting = f" The jobs of its types wait: {', '.join(sorted(self.job_types))}." if self.job_types else ""
        return (
            f"The process package '{self.name}' cannot be imported: {type(self.error).__name__}: {self.error} ({self.file})."
            f"{waiting}"
        )


@dataclass(frozen=True, slots=True)
class ContestedType:
    """Several packages want to do the jobs of this type; none does, and they wait."""

    job_type: str
    wanted_by: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"Expected one function for the job type '{self.job_type}', found {' and '.join(self.wanted_by)}. Rename the type "
            "in all but one of them, and in its diagrams."
        )


@dataclass(frozen=True, slots=True)
class Faults:
    """This is wrong with the process packages."""

    broken: tuple[BrokenPackage, ...] = ()
    contested: Mapping[str, ContestedType] = field(default_factory=dict)


_discovered = threading.Event()
_discovering = threading.RLock()
_faults = Faults()


def by_type() -> Mapping[str, Handler]:
    """Return all handlers by their job types. The first call imports the modules of `STEPWELL_HANDLER_MODULES` and each
    `handlers.py` of the process packages."""
    global _faults
    if not _discovered.is_set():
        with _discovering:
            if not _discovered.is_set():
                _faults = _discover(Path(settings.PROCESSES_DIR))
                _discovered.set()
    return declaring.declared


def by_title() -> list[Handler]:
    """Return all handlers, sorted by title, as the modeler offers them."""
    return sorted(by_type().values(), key=lambda found: (found.title.lower(), found.type))


def settings_of(job_type: str) -> Handler:
    """Return the handler of a type; the installation's defaults for a type that only external workers do."""
    return by_type().get(job_type) or Handler(type=job_type, function=_nothing)


def faults() -> Faults:
    """Return what is wrong with the process packages; as `by_type` it imports them, the first time."""
    by_type()
    return _faults


def declared_in(file: Path) -> Mapping[str, Handler]:
    """Import one `handlers.py` and return what its package declares, by job type. Raises what its import raises."""
    package = packages.load(file)
    if package.error is not None:
        raise package.error
    return package.handlers


def _nothing() -> None:
    raise AssertionError("Only a stand-in for a job type without a handler.")


def _discover(folder: Path) -> Faults:
    for name in settings.STEPWELL_HANDLER_MODULES:
        importlib.import_module(name)
    found = [packages.load(file) for file in sorted(folder.glob("*/handlers.py"))]
    broken = tuple(
        BrokenPackage(each.name, each.file, each.error, each.job_types) for each in found if each.error is not None
    )
    for each in broken:
        logger.error("%s", each, exc_info=each.error)
    contested = _contested(found)
    for fault in contested.values():
        logger.error("%s", fault)
    for package in found:
        declaring.declared.update(package.handlers)
    for job_type in contested:
        declaring.declared.pop(job_type, None)
    return Faults(broken, contested)


def _contested(found: Iterable[Package]) -> dict[str, ContestedType]:
    """Find the types that several packages want, also one that cannot be imported now: its jobs are not for others."""
    wanted: dict[str, dict[str, None]] = {
        job_type: {handler.origin: None} for job_type, handler in declaring.declared.items()
    }
    for package in found:
        for job_type in package.job_types:
            handler = package.handlers.get(job_type)
            wanted.setdefault(job_type, {})[handler.origin if handler else f"the package '{package.name}'"] = None
    return {
        job_type: ContestedType(job_type, tuple(origins)) for job_type, origins in wanted.items() if len(origins) > 1
    }
