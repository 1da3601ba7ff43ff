"""This is the only list of the columns of a job and of an instance; statements that are written by hand are composed of it at
import.

A column has its name in the database, its type as PostgreSQL writes it, and the attribute of the model where that has another name. A
test compares them with the models and with the migrated database, their order too: `Model.from_db` takes values in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import LiteralString


@dataclass(frozen=True, slots=True)
class Column:
    """A column has a name and a type in the database; `type` is written as PostgreSQL's `format_type` writes it."""

    name: LiteralString
    type: LiteralString
    attribute_if_other: str = ""
    new: LiteralString = ""
    """The SQL literal that every new row has in this column; empty where each row brings its own value."""

    @property
    def attribute(self) -> str:
        """Return the name of the model's attribute."""
        return self.attribute_if_other or self.name


JOB = (
    Column("key", "bigint"),
    Column("instance_key", "bigint", "instance_id"),
    Column("definition_key", "bigint"),
    Column("process_id", "text"),
    Column("element_id", "text"),
    Column("element_instance_key", "bigint"),
    Column("type", "text"),
    Column("kind", "character varying(20)"),
    Column("listener_event", "text"),
    Column("status", "character varying(10)"),
    Column("priority", "integer"),
    Column("retries", "integer"),
    Column("attempt", "integer"),
    Column("headers", "json"),
    Column("payload", "json"),
    Column("backoff", "double precision[]"),
    Column("timeout", "double precision"),
    Column("wait_timeout", "double precision"),
    Column("is_suspect", "boolean", new="false"),
    Column("on_hold", "boolean"),
    Column("available_at", "timestamp with time zone"),
    Column("lease_until", "timestamp with time zone"),
    Column("activated_at", "timestamp with time zone"),
    Column("worker", "text"),
    Column("leased_by", "text"),
    Column("trace_context", "text"),
    Column("details", "json", new="NULL"),
    Column("error_message", "text", new="''"),
    Column("incident_key", "bigint", new="NULL"),
    Column("created_at", "timestamp with time zone"),
)

INSTANCE = (
    Column("key", "bigint"),
    Column("definition_id", "bigint"),
    Column("process_id", "text"),
    Column("version", "integer"),
    Column("business_id", "text"),
    Column("status", "character varying(12)"),
    Column("parent_key", "bigint"),
    Column("parent_child_key", "bigint"),
    Column("parent_element_instance_key", "bigint"),
    Column("root_key", "bigint"),
    Column("depth", "integer"),
    Column("started_at", "timestamp with time zone"),
    Column("started_by", "text"),
    Column("ended_at", "timestamp with time zone"),
    Column("suspended_at", "timestamp with time zone"),
    Column("tags", "text[]"),
    Column("correlation_key", "text"),
    Column("result", "json"),
)
"""The columns of an instance's cold row, for searches."""

STATE = (
    Column("instance_key", "bigint", "instance_id"),
    Column("definition_key", "bigint"),
    Column("data", "json"),
    Column("sequence", "integer"),
    Column("suspended", "boolean", new="false"),
)
"""The columns of a running instance's hot row, which each step rewrites."""


def attributes(columns: Iterable[Column]) -> tuple[str, ...]:
    """Return the names of the model's attributes."""
    return tuple(each.attribute for each in columns)


def names(columns: Iterable[Column]) -> LiteralString:
    """Write the columns as an INSERT names them."""
    return ", ".join(each.name for each in columns)


def read(columns: Iterable[Column], *, of: LiteralString = "") -> LiteralString:
    """Write the columns as a SELECT reads them, documents as text: psycopg would parse `json` itself, and lose digits. `of` is the
    table's name in the statement, with its dot.
    """
    return ", ".join(of + each.name + ("::text" if each.type == "json" else "") for each in columns)


def typed(columns: Iterable[Column]) -> LiteralString:
    """Write the columns as the row type of a record."""
    return ", ".join(each.name + " " + each.type for each in columns)


def placeholders(columns: Iterable[Column]) -> LiteralString:
    """Write a parameter for each column, cast to its type; or the literal that every new row has in it."""
    return ", ".join(each.new or "%s::" + each.type for each in columns)
