"""The registry finds all handlers: those of the connectors, and those in the folder of each process package."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from django.conf import settings

from engine.handlers import declaring
from engine.handlers.declaring import Handler

logger = logging.getLogger(__name__)

_discovered = threading.Event()
_discovering = threading.RLock()


def by_type() -> Mapping[str, Handler]:
    """Return all handlers by job type. The first call imports the modules of `STEPWELL_HANDLER_MODULES` and the `handlers.py` of
    each process package.
    """
    if not _discovered.is_set():
        with _discovering:
            if not _discovered.is_set():
                _discover(Path(settings.PROCESSES_DIR))
                _discovered.set()
    return declaring.declared


def by_title() -> list[Handler]:
    """Return all handlers, sorted by title, as the modeler offers them."""
    return sorted(by_type().values(), key=lambda found: (found.title.lower(), found.type))


def settings_of(job_type: str) -> Handler:
    """Return the handler of a type; the installation's defaults for a type that only external workers do."""
    return by_type().get(job_type) or Handler(type=job_type, function=_nothing)


def _nothing() -> None:
    raise AssertionError("Only a stand-in for a job type without a handler.")


def _discover(folder: Path) -> None:
    for name in settings.STEPWELL_HANDLER_MODULES:
        importlib.import_module(name)
    for file in sorted(folder.glob("*/handlers.py")):
        _import(file)


def declared_in(file: Path) -> Mapping[str, Handler]:
    """Import one `handlers.py` and return what it declares, by job type. Raises what its import raises."""
    name = _load(file).__name__
    return {job_type: found for job_type, found in declaring.declared.items() if found.function.__module__ == name}


def _import(file: Path) -> None:
    """Import a package's handlers. When the import fails, only the job types of that package are missing."""
    try:
        _load(file)
    except Exception:
        logger.exception("The handlers in %s cannot be used", file)


def _load(file: Path) -> ModuleType:
    """Import the file once, as a module whose name tells its package."""
    name = f"stepwell_processes.{file.parent.name}.handlers"
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(file):
        return known
    specification = importlib.util.spec_from_file_location(name, file)
    if specification is None or specification.loader is None:
        raise ImportError(f"Expected a Python file with handlers, found {file}")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except Exception:
        del sys.modules[name]
        raise
    return module
