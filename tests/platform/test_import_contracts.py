"""What import-linter's contracts cannot say by a pattern; the others are in pyproject.toml."""

import sys

import grimp

CORE = ("engine.bpmn", "engine.runtime", "engine.feel", "engine.dmn", "engine.differences")


def in_core(module: str) -> bool:
    return module == "engine" or any(module == part or module.startswith(f"{part}.") for part in CORE)


def test_the_core_imports_nothing_else_of_the_engine() -> None:
    graph = grimp.build_graph("engine", cache_dir=None)
    core = {module for module in graph.modules if in_core(module) and module != "engine"}

    assert len(core) > len(CORE)
    strays = {
        f"{module} imports {imported}"
        for module in core
        for imported in graph.find_modules_directly_imported_by(module)
        if not in_core(imported)
    }
    assert strays == set()


def test_what_runs_on_a_bare_python_imports_the_standard_library_alone() -> None:
    graph = grimp.build_graph("webapp", include_external_packages=True, cache_dir=None)
    bare = {"webapp.launcher.bare", *graph.find_descendants("webapp.launcher.bare")}

    assert "webapp.launcher.bare.bootstrap" in bare
    strays = {
        f"{module} imports {imported}"
        for module in bare
        for imported in graph.find_modules_directly_imported_by(module) - bare
        if imported.partition(".")[0] not in sys.stdlib_module_names
    }
    assert strays == set()
