"""JSON columns keep exact numbers."""

from __future__ import annotations

from typing import Any

from django.db import models
from psycopg.types.json import Json

from engine import exact_json
from engine.postgres import large_values


class DocumentField(models.Field):
    """A document field is a `json` column: kept as it was written (order of names, form of numbers), never searched inside, cheap to write.
    Values that `large_values` has stored under their hash are in it when it is read. Cheap to write.

    What `large_values` has put out of line is there when it is read.
    """

    def db_type(self, connection: Any) -> str:
        return "json"

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        return f"{sql}::text", params  # psycopg would parse `json` itself, and lose digits

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if (value is None and self.null) or hasattr(value, "as_sql"):
            return value
        return Json(value, dumps=exact_json.encode)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else large_values.decode(value)
