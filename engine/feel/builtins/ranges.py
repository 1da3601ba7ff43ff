"""These functions compare points and ranges (DMN 1.5, table 78); `range` is here too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.feel.builtins.registry import builtin
from engine.feel.evaluation import Env
from engine.feel.operators import in_range, kind_name, order
from engine.feel.values import NullResult, Range


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


@builtin("before", "point1: point, point2: point")
@builtin("before", "point: point, range: range")
@builtin("before", "range: range, point: point")
@builtin("before", "range1: range, range2: range")
def _before(env: Env, left: Any, right: Any) -> bool:
    end, end_included = (left.end, left.end_included) if isinstance(left, Range) else (left, True)
    start, start_included = (right.start, right.start_included) if isinstance(right, Range) else (right, True)
    if end is None or start is None:
        return False
    found = _order(end, start)
    return found < 0 or (found == 0 and not (end_included and start_included))


@builtin("after", "point1: point, point2: point")
@builtin("after", "point: point, range: range")
@builtin("after", "range: range, point: point")
@builtin("after", "range1: range, range2: range")
def _after(env: Env, left: Any, right: Any) -> bool:
    return _before(env, right, left)


@builtin("meets", "range1: range, range2: range")
def _meets(env: Env, left: Range, right: Range) -> bool:
    if left.end is None or right.start is None:
        return False
    return left.end_included and right.start_included and _order(left.end, right.start) == 0


@builtin("met by", "range1: range, range2: range")
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


@builtin("overlaps", "range1: range, range2: range")
def _overlaps(env: Env, left: Range, right: Range) -> bool:
    return not _apart(left, right) and not _apart(right, left)


@builtin("overlaps before", "range1: range, range2: range")
def _overlaps_before(env: Env, left: Range, right: Range) -> bool:
    """Say whether the left one begins first and ends within the right one."""
    return _compare_starts(left, right) < 0 and not _apart(left, right) and _compare_ends(left, right) <= 0


@builtin("overlaps after", "range1: range, range2: range")
def _overlaps_after(env: Env, left: Range, right: Range) -> bool:
    return _overlaps_before(env, right, left)


@builtin("finishes", "point: point, range: range")
def _point_finishes(env: Env, point: Any, interval: Range) -> bool:
    if interval.end is None:
        return False
    return interval.end_included and _order(point, interval.end) == 0


@builtin("finishes", "range1: range, range2: range")
def _finishes(env: Env, left: Range, right: Range) -> bool:
    return _compare_ends(left, right) == 0 and left.end is not None and _compare_starts(left, right) >= 0


@builtin("finished by", "range: range, point: point")
def _finished_by_point(env: Env, interval: Range, point: Any) -> bool:
    return _point_finishes(env, point, interval)


@builtin("finished by", "range1: range, range2: range")
def _finished_by(env: Env, left: Range, right: Range) -> bool:
    return _finishes(env, right, left)


@builtin("starts", "point: point, range: range")
def _point_starts(env: Env, point: Any, interval: Range) -> bool:
    if interval.start is None:
        return False
    return interval.start_included and _order(point, interval.start) == 0


@builtin("starts", "range1: range, range2: range")
def _starts(env: Env, left: Range, right: Range) -> bool:
    return _compare_starts(left, right) == 0 and left.start is not None and _compare_ends(left, right) <= 0


@builtin("started by", "range: range, point: point")
def _started_by_point(env: Env, interval: Range, point: Any) -> bool:
    return _point_starts(env, point, interval)


@builtin("started by", "range1: range, range2: range")
def _started_by(env: Env, left: Range, right: Range) -> bool:
    return _starts(env, right, left)


@builtin("includes", "range: range, point: point")
def _includes_point(env: Env, interval: Range, point: Any) -> bool:
    found = in_range(point, interval)
    if found is None:
        raise NullResult(f"{kind_name(point)} cannot be in the range {interval}", point)
    return found


@builtin("includes", "range1: range, range2: range")
def _includes(env: Env, left: Range, right: Range) -> bool:
    return _compare_starts(left, right) <= 0 and _compare_ends(left, right) >= 0


@builtin("during", "point: point, range: range")
def _point_during(env: Env, point: Any, interval: Range) -> bool:
    return _includes_point(env, interval, point)


@builtin("during", "range1: range, range2: range")
def _during(env: Env, left: Range, right: Range) -> bool:
    return _includes(env, right, left)


@builtin("coincides", "point1: point, point2: point")
def _points_coincide(env: Env, left: Any, right: Any) -> bool:
    return _order(left, right) == 0


@builtin("coincides", "range1: range, range2: range")
def _coincides(env: Env, left: Range, right: Range) -> bool:
    return _compare_starts(left, right) == 0 and _compare_ends(left, right) == 0
