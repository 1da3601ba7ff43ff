"""A process package is imported here: its `handlers.py`, and the modules beside it.

The folder NAME becomes the Python package `stepwell_processes.NAME`, so that two packages may have modules of one name. Its modules
import each other as a package's do (`from . import prices`) and as a script's do (`import prices`).
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.handlers import declaring
from engine.handlers.declaring import Handler

ROOT = "stepwell_processes"
_KEPT = sys.stdlib_module_names | {"stepwell"}
"""A module beside `handlers.py` does not hide these from the others."""
_DECLARATION = re.compile(r"""\bhandler\(\s*(?:type\s*=\s*)?["']([^"'\n]+)["']""")
"""What a file that cannot be imported would declare, as far as it can be read off: the job types that stand in it as texts."""


@dataclass(frozen=True, slots=True)
class Package:
    """A process package was imported, or could not be. Its functions do jobs of these types."""

    name: str
    file: Path
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    error: Exception | None = None
    """It could not be imported, for this reason. Then it has no handlers."""
    job_types: frozenset[str] = frozenset()
    """They are its own, also those that it would have if it could be imported."""


_imported: dict[Path, Package] = {}


def load(file: Path) -> Package:
    """Import the package of a `handlers.py`, once; one that cannot be imported is tried again the next time."""
    file = file.absolute()
    known = _imported.get(file)
    if known is None:
        known = _load(file)
        if known.error is None:
            _imported[file] = known
    return known


def _load(file: Path) -> Package:
    name = file.parent.name
    with declaring.apart() as declared:
        try:
            _import(file)
        except (Exception, SystemExit) as error:
            _forget(_module_name(name))
            reason = error if isinstance(error, Exception) else ImportError(f"It ends the process: {error!r}")
            return Package(name, file, error=reason, job_types=frozenset(declared) | _read_off(file.parent))
    return Package(name, file, handlers=declared, job_types=frozenset(declared))


def _module_name(name: str) -> str:
    return f"{ROOT}.{name.replace('.', '%2E')}"


def _import(file: Path) -> None:
    if not file.is_file():
        raise ImportError(f"Expected a Python file with handlers, found no {file}")
    package, folder = _module_name(file.parent.name), file.parent
    _forget(package)  # of a folder elsewhere with the same name
    sys.modules.setdefault(ROOT, _empty(ROOT, []))
    sys.modules[package] = _empty(package, [str(folder)])
    if (own := folder / "__init__.py").is_file():
        specification = importlib.util.spec_from_file_location(
            package, own, loader=_Loader(package, str(own)), submodule_search_locations=[str(folder)]
        )
        assert specification is not None
        sys.modules[package] = module = importlib.util.module_from_spec(specification)
        _Loader(package, str(own)).exec_module(module)
    importlib.import_module(f"{package}.{file.stem}")


def _empty(name: str, folders: list[str]) -> ModuleType:
    module = ModuleType(name)
    module.__path__ = folders
    return module


def _forget(package: str) -> None:
    for name in [each for each in sys.modules if each == package or each.startswith(package + ".")]:
        del sys.modules[name]


def _read_off(folder: Path) -> frozenset[str]:
    sources = (file.read_text("utf-8", "replace") for file in folder.glob("*.py") if not file.name.startswith("test_"))
    return frozenset(job_type for source in sources for job_type in _DECLARATION.findall(source))


# --- modules that import each other as those of a script do --------------------------------------------------------------------


class _Loader(SourceFileLoader):
    """It loads a module of a process package. The module's `import` statements find the modules beside `handlers.py` first, also
    those that run later, inside functions; nobody else's do."""

    def exec_module(self, module: ModuleType) -> None:
        package = ".".join(self.name.split(".")[:2])
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": partial(_import_beside, package)}
        super().exec_module(module)


class _Finder(MetaPathFinder):
    """It finds the modules of process packages, for `_Loader`."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(ROOT + ".") or path is None:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        if found is not None and isinstance(found.loader, SourceFileLoader):
            found.loader = _Loader(fullname, found.loader.path)
        return found


def _import_beside(
    package: str,
    name: str,
    globals: Mapping[str, Any] | None = None,
    locals: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """Do what `builtins.__import__` does, for a module of the package."""
    first = name.partition(".")[0]
    if level or first in _KEPT or not _is_beside(package, first):
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    if fromlist:
        return builtins.__import__(f"{package}.{name}", globals, locals, fromlist)
    importlib.import_module(f"{package}.{name}")
    return sys.modules[f"{package}.{first}"]


def _is_beside(package: str, name: str) -> bool:
    folder = Path(sys.modules[package].__path__[0])
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


sys.meta_path.insert(0, _Finder)
