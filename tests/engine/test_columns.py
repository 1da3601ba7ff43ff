"""The table of columns, of which statements are composed, says what the models and the migrated database say."""

from __future__ import annotations

import pytest
from django.db import connection, models

from engine.models import InstanceState, Job, ProcessInstance
from engine.transition.rows import columns, instance_rows, job_rows
from engine.transition.rows.columns import Column

TABLES: list[tuple[type[models.Model], tuple[Column, ...]]] = [
    (Job, columns.JOB),
    (ProcessInstance, columns.INSTANCE),
    (InstanceState, columns.STATE),
]


@pytest.mark.parametrize(("model", "table"), TABLES)
def test_each_field_of_the_model_is_in_the_table_in_the_models_order(
    model: type[models.Model], table: tuple[Column, ...]
) -> None:
    fields = [(field.column, field.attname) for field in model._meta.concrete_fields]
    assert [(each.name, each.attribute) for each in table] == fields


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "table"), TABLES)
def test_each_type_is_that_of_the_migrated_database(model: type[models.Model], table: tuple[Column, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [model._meta.db_table],
        )
        found = dict(cursor.fetchall())
    assert {each.name: each.type for each in table} == found


def test_the_result_is_the_last_column_of_an_instance() -> None:
    assert columns.INSTANCE[-1].name == "result"


def test_a_statement_is_composed_once_and_names_each_column() -> None:
    assert columns.names(columns.JOB) in job_rows._INSERT
    assert columns.read(columns.JOB) == job_rows.READ
    assert "headers::text" in job_rows.READ
    assert instance_rows._INSERT_NEW.count("%s") == len(columns.INSTANCE)
