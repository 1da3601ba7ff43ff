"""The public package `stepwell`: what it needs to be imported, and whether its examples are true."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
MODULES = ("stepwell", "stepwell.bpmn", "stepwell.dmn", "stepwell.feel", "stepwell.testing")


def run_alone(program: str) -> None:
    """In a Python that knows the project's folder and nothing of Django's settings."""
    environ = {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["stepwell", "stepwell.feel", "stepwell.dmn", "stepwell.bpmn"])
def test_it_is_imported_without_django(module: str) -> None:
    run_alone(f"import sys, {module}; assert 'django' not in sys.modules, 'Django was imported'")


def test_handlers_and_the_testing_kit_are_imported_without_settings_and_without_models() -> None:
    run_alone(
        "import sys; from stepwell import BpmnError, JobContext, handler; from stepwell.testing import Engine; Engine()\n"
        "from django.conf import settings\n"
        "assert not settings.configured; assert 'engine.models' not in sys.modules; assert 'psycopg' not in sys.modules"
    )


@pytest.mark.parametrize("module", MODULES)
def test_every_name_that_it_offers_is_there(module: str) -> None:
    offered = importlib.import_module(module)
    assert [name for name in offered.__all__ if not hasattr(offered, name)] == []


def test_what_it_does_not_offer_is_missing_like_any_attribute() -> None:
    import stepwell

    with pytest.raises(AttributeError, match="'stepwell' has no attribute 'registry'"):
        stepwell.registry  # noqa: B018


@pytest.mark.parametrize("module", MODULES)
def test_its_examples_are_true(module: str) -> None:
    found = doctest.testmod(importlib.import_module(module))
    assert found.failed == 0
