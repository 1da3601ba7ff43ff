"""Rows have an order by columns of SQL, and ranges in it, each of which one index can have side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Q, When

from engine.errors import InvalidArgument
from engine.queries.search.fields import Field, Kind
from engine.queries.search.requests import Sort
from engine.queries.search.tables import Table


@dataclass(frozen=True, slots=True)
class OrderColumn:
    """An order column is one column of the order of rows."""

    name: str
    field: Field
    descending: bool

    @property
    def may_be_absent(self) -> bool:
        return self.field.nullable or self.field.blank

    def is_absent(self, value: Any) -> bool:
        return value is None or (self.field.blank and value == "")

    def absent(self) -> Q:
        return Q(**({self.field.path: ""} if self.field.blank else {f"{self.field.path}__isnull": True}))

    def expression(self, *, backwards: bool) -> Any:
        """Return the expression to sort by where the rows have a value."""
        return F(self.field.path).desc() if self.descending != backwards else F(self.field.path).asc()

    def equal(self, value: Any) -> Q:
        return self.absent() if self.is_absent(value) else Q(**{self.field.path: value})

    def further(self, value: Any, *, backwards: bool) -> Q:
        further = Q(**{f"{self.field.path}__{'lt' if self.descending != backwards else 'gt'}": value})
        return further & ~self.absent() if self.field.blank else further


@dataclass(frozen=True, slots=True)
class IndexRange:
    """A range is rows that one index can have side by side, in its order."""

    condition: Q
    order: tuple[Any, ...]


def order_of(table: Table, sort: Sequence[Sort] | None) -> list[OrderColumn]:
    columns: list[OrderColumn] = []
    sortable = {name: column for name, column in table.fields.items() if column.sortable}
    for one in sort or [Sort(field=name, order=order) for name, order in table.sort]:
        if one.field not in sortable:
            raise InvalidArgument(
                f"Expected one of {', '.join(sorted(sortable))} to sort by, found '{one.field[:100]}'."
            )
        if one.order not in ("ASC", "DESC"):
            raise InvalidArgument(f"Expected ASC or DESC as order, found '{one.order[:100]}'.")
        if all(column.name != one.field for column in columns):
            columns.append(OrderColumn(one.field, sortable[one.field], one.order == "DESC"))
    if all(column.field.path != table.key for column in columns):
        descending = columns[0].descending if columns else False
        columns.append(OrderColumn(table.key, Field(table.key, Kind.KEY), descending))
    return columns


def ranges_of(order: Sequence[OrderColumn], at: Sequence[Any] | None, *, backwards: bool) -> Iterator[IndexRange]:
    """Yield the ranges of all rows, or of those after (before) the values `at`, in their order; rows without a value are the last in
    either order."""
    if at is None:
        yield from _within(Q(), order, backwards=backwards)
        return
    for equal in reversed(range(len(order))):
        same = Q()
        for column, value in zip(order[:equal], at[:equal], strict=True):
            same &= column.equal(value)
        column, value = order[equal], at[equal]
        if not column.is_absent(value):
            yield _present(same & column.further(value, backwards=backwards), order[equal:], backwards=backwards)
            if column.may_be_absent and not backwards:
                yield from _within(same & column.absent(), order[equal + 1 :], backwards=backwards)
        elif backwards:
            yield _present(same & ~column.absent(), order[equal:], backwards=backwards)


def _within(condition: Q, order: Sequence[OrderColumn], *, backwards: bool) -> Iterator[IndexRange]:
    """Yield the ranges of all rows of `condition`."""
    first, *others = order
    if not first.may_be_absent:
        yield _present(condition, order, backwards=backwards)
        return
    ranges = [
        _present(condition & ~first.absent(), order, backwards=backwards),
        *_within(condition & first.absent(), others, backwards=backwards),
    ]
    yield from reversed(ranges) if backwards else ranges


def _present(condition: Q, order: Sequence[OrderColumn], *, backwards: bool) -> IndexRange:
    """Return the range of the rows of `condition`, which all have a value in the first column."""
    first, *others = order
    expressions: list[Any] = [first.expression(backwards=backwards)]
    for column in others:
        if column.may_be_absent:
            expressions.append(Case(When(column.absent(), then=0 if backwards else 1), default=1 if backwards else 0))
        expressions.append(column.expression(backwards=backwards))
    return IndexRange(condition, tuple(expressions))
