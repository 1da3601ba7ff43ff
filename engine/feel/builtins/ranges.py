"""These functions compare points and ranges (DMN 1.5, table 78); `range` is here too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.operators import in_range, kind_name, order
from engine.feel.values import NullResult, Range

Comparison = TypeVar("Comparison", bound=Callable[..., bool])


def _order(left: Any, right: Any) -> int:
    found = order(left, right)
    if found is None:
        raise NullResult(f"{kind_name(left)} and {kind_name(right)} have no order", left, right)
    return found


def _range_text(env: Env, text: str) -> Range:
    if len(text) > 1_000:
        raise NullResult("the text is too long for a range", text[:80])
    found = RANGE_READER[0](text)
    if found is None:
        raise NullResult("the text is no range such as [1..10), with literal ends", text)
    return found


# Set by the package: reading a range needs the parser, which needs these functions' names.
RANGE_READER: list[Callable[[str], Range | None]] = []

builtin("range", "from: string")(_range_text)


def _compared(name: str, parameters: str) -> Callable[[Comparison], Comparison]:
    """Declare a function of points and ranges: it has no result where an end of a range is missing. A range such as `(< 10)` is open at
    the other side, and misses nothing."""

    def declare(run: Comparison) -> Comparison:
        def checked(env: Env, left: Any, right: Any) -> bool:
            _require_ends(left)
            _require_ends(right)
            return run(env, left, right)

        builtin(name, parameters)(checked)
        return run

    return declare


def _require_ends(value: Any) -> None:
    if isinstance(value, Range) and not value.operator and (value.start is None or value.end is None):
        raise NullResult(f"the range {value} has no {'start' if value.start is None else 'end'}")


@_compared("before", "point1: point, point2: point")
@_compared("before", "point: point, range: range")
@_compared("before", "range: range, point: point")
@_compared("before", "range1: range, range2: range")
def _before(env: Env, left: Any, right: Any) -> bool:
    end, end_included = (left.end, left.end_included) if isinstance(left, Range) else (left, True)
    start, start_included = (right.start, right.start_included) if isinstance(right, Range) else (right, True)
    if end is None or start is None:
        return False
    found = _order(end, start)
    return found < 0 or (found == 0 and not (end_included and start_included))


@_compared("after", "point1: point, point2: point")
@_compared("after", "point: point, range: range")
@_compared("after", "range: range, point: point")
@_compared("after", "range1: range, range2: range")
def _after(env: Env, left: Any, right: Any) -> bool:
    return _before(env, right, left)


@_compared("meets", "range1: range, range2: range")
def _meets(env: Env, left: Range, right: Range) -> bool:
    if left.end is None or right.start is None:
        return False
    return left.end_included and right.start_included and _order(left.end, right.start) == 0


@_compared("met by", "range1: range, range2: range")
def _met_by(env: Env, left: Range, right: Range) -> bool:
    return _meets(env, right, left)


def _compare_starts(left: Range, right: Range) -> int:
    """Return less than 0 where the left range begins first, more than 0 where the right one does: an open side is before everything, an
    included start before an excluded one."""
    if left.start is None or right.start is None:
        return int(right.start is None) - int(left.start is None) if left.start is not right.start else 0
    return _order(left.start, right.start) or int(right.start_included) - int(left.start_included)


def _compare_ends(left: Range, right: Range) -> int:
    if left.end is None or right.end is None:
        return int(left.end is None) - int(right.end is None) if left.end is not right.end else 0
    return _order(left.end, right.end) or int(left.end_included) - int(right.end_included)


def _apart(left: Range, right: Range) -> bool:
    """Say whether the left one ends before the right one begins."""
    if left.end is None or right.start is None:
        return False
    found = _order(left.end, right.start)
    return found < 0 or (found == 0 and not (left.end_included and right.start_included))


@_compared("overlaps", "range1: range, range2: range")
def _overlaps(env: Env, left: Range, right: Range) -> bool:
    return not _apart(left, right) and not _apart(right, left)


@_compared("overlaps before", "range1: range, range2: range")
def _overlaps_before(env: Env, left: Range, right: Range) -> bool:
    """Say whether the left one begins first and ends within the right one."""
    return _compare_starts(left, right) < 0 and not _apart(left, right) and _compare_ends(left, right) <= 0


@_compared("overlaps after", "range1: range, range2: range")
def _overlaps_after(env: Env, left: Range, right: Range) -> bool:
    return _overlaps_before(env, right, left)


@_compared("finishes", "point: point, range: range")
def _point_finishes(env: Env, point: Any, interval: Range) -> bool:
    if interval.end is None:
        return False
    return interval.end_included and _order(point, interval.end) == 0


@_compared("finishes", "range1: range, range2: range")
def _finishes(env: Env, left: Range, right: Range) -> bool:
    return _compare_ends(left, right) == 0 and left.end is not None and _compare_starts(left, right) >= 0


@_compared("finished by", "range: range, point: point")
def _finished_by_point(env: Env, interval: Range, point: Any) -> bool:
    return _point_finishes(env, point, interval)


@_compared("finished by", "range1: range, range2: range")
def _finished_by(env: Env, left: Range, right: Range) -> bool:
    return _finishes(env, right, left)


@_compared("starts", "point: point, range: range")
def _point_starts(env: Env, point: Any, interval: Range) -> bool:
    if interval.start is None:
        return False
    return interval.start_included and _order(point, interval.start) == 0


@_compared("starts", "range1: range, range2: range")
def _starts(env: Env, left: Range, right: Range) -> bool:
    return _compare_starts(left, right) == 0 and left.start is not None and _compare_ends(left, right) <= 0


@_compared("started by", "range: range, point: point")
def _started_by_point(env: Env, interval: Range, point: Any) -> bool:
    return _point_starts(env, point, interval)


@_compared("started by", "range1: range, range2: range")
def _started_by(env: Env, left: Range, right: Range) -> bool:
    return _starts(env, right, left)


@_compared("includes", "range: range, point: point")
def _includes_point(env: Env, interval: Range, point: Any) -> bool:
    found = in_range(point, interval)
    if found is None:
        raise NullResult(f"{kind_name(point)} cannot be in the range {interval}", point)
    return found


@_compared("includes", "range1: range, range2: range")
def _includes(env: Env, left: Range, right: Range) -> bool:
    return _compare_starts(left, right) <= 0 and _compare_ends(left, right) >= 0


@_compared("during", "point: point, range: range")
def _point_during(env: Env, point: Any, interval: Range) -> bool:
    return _includes_point(env, interval, point)


@_compared("during", "range1: range, range2: range")
def _during(env: Env, left: Range, right: Range) -> bool:
    return _includes(env, right, left)


@_compared("coincides", "point1: point, point2: point")
def _points_coincide(env: Env, left: Any, right: Any) -> bool:
    return _order(left, right) == 0


@_compared("coincides", "range1: range, range2: range")
def _coincides(env: Env, left: Range, right: Range) -> bool:
    return _compare_starts(left, right) == 0 and _compare_ends(left, right) == 0
