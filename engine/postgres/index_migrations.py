"""These migration operations make and drop indexes of tables that may be large, while everybody reads and writes.

Used by migrations that are not atomic. Each operation may be repeated after one that was interrupted, for what it made stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db.utils import NotSupportedError, OperationalError, ProgrammingError

PARTS = "instance_business_parts"
MAKE_PARTS = (
    f"CREATE INDEX CONCURRENTLY {PARTS} ON engine_processinstance"
    " USING gin (business_id gin_trgm_ops) WHERE NOT (business_id = '');"
)
"""An operator runs this by hand where the migration found no pg_trgm."""


@contextmanager
def _patiently(schema_editor: Any) -> Iterator[Any]:
    """Run a block without time limits: such a statement waits for transactions that were begun before, and nobody waits for it."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout')")
        before = cursor.fetchall()
        for name, _ in before:
            cursor.execute("SELECT set_config(%s, '0', false)", [name])
        try:
            yield cursor
        finally:
            for name, value in before:
                cursor.execute("SELECT set_config(%s, %s, false)", [name, value])


class MakeIndex(AddIndexConcurrently):
    """Run CREATE INDEX CONCURRENTLY, unless the index is there; one that was broken off is dropped and made again."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        with _patiently(schema_editor) as cursor:
            cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [self.index.name])
            found = cursor.fetchone()
            if found == (True,):
                return
            if found is not None:
                model = to_state.apps.get_model(app_label, self.model_name)
                schema_editor.remove_index(model, self.index, concurrently=True)
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class DropIndex(RemoveIndexConcurrently):
    """Run DROP INDEX CONCURRENTLY, unless the index is gone."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        with _patiently(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class MakePartsIndex(MakeIndex):
    """Make an index of the parts of texts, where PostgreSQL has the extension pg_trgm or lets us make it.

    Elsewhere searches for parts read row by row, as before; `manage.py doctor` says so, and how to make it later.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        try:
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except (NotSupportedError, OperationalError, ProgrammingError):  # no right, or not installed
            with schema_editor.connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
                if cursor.fetchone() is None:
                    return
        super().database_forwards(app_label, schema_editor, from_state, to_state)
