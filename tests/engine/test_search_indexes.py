"""Indexes of large tables are made while everybody works, and again where that was broken off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.state import ProjectState
from django.db.models import Index

from engine.postgres import index_migrations
from engine.postgres.index_migrations import DropIndex, MakeIndex, MakePartsIndex
from engine.upkeep import doctor

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "timer_by_element"


def state_with(index: Index) -> ProjectState:
    state = ProjectState.from_apps(apps)
    state.models["engine", "timer"].options["indexes"] = [index]
    return state


def run(operation: MakeIndex | DropIndex, state: ProjectState) -> None:
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("engine", editor, state, state)


def validity(name: str) -> bool | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        row = cursor.fetchone()
        return None if row is None else bool(row[0])


@pytest.fixture
def index() -> Iterator[Index]:
    yield Index(fields=["element_id"], name=NAME)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {NAME}")


def test_an_index_is_made_once_and_dropped_once(index: Index) -> None:
    state = state_with(index)
    for _ in range(2):
        run(MakeIndex("timer", index), state)
        assert validity(NAME) is True
    for _ in range(2):
        run(DropIndex("timer", NAME), state)
        assert validity(NAME) is None


def test_an_index_that_was_broken_off_is_made_again(index: Index) -> None:
    run(MakeIndex("timer", index), state_with(index))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)", [NAME])
    assert validity(NAME) is False
    run(MakeIndex("timer", index), state_with(index))
    assert validity(NAME) is True


def test_time_limits_hold_again_when_the_index_is_made(index: Index) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        run(MakeIndex("timer", index), state_with(index))
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("2s",)
        cursor.execute("RESET lock_timeout")


@pytest.fixture
def _without_pg_trgm() -> Iterator[None]:
    """As in a database whose owner may not make the extension."""
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION IF EXISTS pg_trgm CASCADE")
        cursor.execute("CREATE ROLE poor")
        cursor.execute("SET ROLE poor")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("DROP ROLE poor")
        cursor.execute("CREATE EXTENSION pg_trgm")
        cursor.execute(index_migrations.MAKE_PARTS)
    assert validity(index_migrations.PARTS) is True


@pytest.mark.usefixtures("_without_pg_trgm")
def test_without_the_extension_for_parts_of_texts_all_else_is_migrated_and_the_doctor_says_it() -> None:
    state = ProjectState.from_apps(apps)
    parts = state.models["engine", "processinstance"].get_index_by_name(index_migrations.PARTS)
    run(MakePartsIndex("processinstance", parts), state)
    assert validity(index_migrations.PARTS) is None
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    [advice] = [finding.advice for finding in doctor.examine() if "part of a business id" in finding.text]
    assert index_migrations.MAKE_PARTS in advice
