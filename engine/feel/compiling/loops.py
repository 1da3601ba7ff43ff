"""`for`, `some` and `every` are compiled here (DMN 1.5, 10.3.2.14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from engine.feel.compiling.core import Closure, Compiler, compiles
from engine.feel.evaluation import Env
from engine.feel.numbers import whole
from engine.feel.operators import kind_name
from engine.feel.parsing import syntax as s
from engine.feel.temporal.moments import Date, date_of_days
from engine.feel.values import DIRECT, NullResult, Range, normalise

Source = Callable[[Env], Iterator[Any]]


@compiles(s.For)
def _for(compiler: Compiler, node: s.For) -> Closure:
    sources, slots = _iterators(compiler, node.iterators)
    partial = compiler.declare("partial")
    body, weight = compiler.weighed(node.body)
    compiler.forget(len(slots) + 1)
    position = compiler.position(node)

    def loop(env: Env) -> Any:
        results: list[Any] = []
        own = env.slots
        before = own[partial], [own[slot] for slot in slots]
        own[partial] = results
        try:
            for _ in _rounds(env, sources, slots):
                env.position = position
                env.spend(weight)
                env.build(1)
                results.append(body(env))
        except NullResult as wrong:
            return env.null(position, wrong.reason, *wrong.values)
        finally:
            own[partial] = before[0]
            for slot, value in zip(slots, before[1], strict=True):
                own[slot] = value
        return results

    return loop


@compiles(s.Quantified)
def _quantified(compiler: Compiler, node: s.Quantified) -> Closure:
    sources, slots = _iterators(compiler, node.iterators)
    body, weight = compiler.weighed(node.body)
    compiler.forget(len(slots))
    position = compiler.position(node)
    decisive = not node.every
    word = "every" if node.every else "some"

    def quantified(env: Env) -> Any:
        own = env.slots
        before = [own[slot] for slot in slots]
        result: bool | None = not decisive
        try:
            for _ in _rounds(env, sources, slots):
                env.position = position
                env.spend(weight)
                value = body(env)
                if value is decisive:
                    return decisive
                if value is None:
                    result = None
                elif type(value) is not bool:
                    return env.null(position, f"'{word}' expects booleans, got {kind_name(value)}", value)
        except NullResult as wrong:
            return env.null(position, wrong.reason, *wrong.values)
        finally:
            for slot, value in zip(slots, before, strict=True):
                own[slot] = value
        return result

    return quantified


def _iterators(compiler: Compiler, iterators: list[s.Iterator]) -> tuple[list[Source], list[int]]:
    """Compile the iterators; later ones see the names of earlier ones."""
    sources: list[Source] = []
    slots: list[int] = []
    for iterator in iterators:
        start = compiler.compile(iterator.start)
        end = compiler.compile(iterator.end) if iterator.end else None
        sources.append(_over(start) if end is None else _between(start, end))
        slots.append(compiler.declare(iterator.name))
    return sources, slots


def _rounds(env: Env, sources: list[Source], slots: list[int]) -> Iterator[None]:
    """Go through one round for each combination, the last iterator running fastest. `env.slots` holds the values."""
    last = len(sources) - 1
    own = env.slots
    running = [sources[0](env)]
    while running:
        depth = len(running) - 1
        slot = slots[depth]
        if depth == last:
            for value in running.pop():
                own[slot] = value
                yield
            continue
        try:
            own[slot] = next(running[-1])
        except StopIteration:
            running.pop()
            continue
        env.spend(1)
        running.append(sources[depth + 1](env))


def _over(source: Closure) -> Source:
    return lambda env: values_of(env, source(env))


def values_of(env: Env, value: Any) -> Iterator[Any]:
    """Return the values to run over; a single one is a list of it. Raises NullResult for null."""
    if type(value) is Range:
        return _range_values(env, value)
    if type(value) is list:
        return (element if type(element) in DIRECT else normalise(element) for element in value)
    if value is None:
        raise NullResult("there is nothing to iterate over: expected a list or a range, got null")
    return iter((value,))


def _between(start: Closure, end: Closure) -> Source:
    return lambda env: _steps(env, start(env), end(env))


def _range_values(env: Env, interval: Range) -> Iterator[Any]:
    """Return the values of a range: ascending, without the ends that it excludes."""
    values = _steps(env, interval.start, interval.end)
    start, end = interval.start_included, interval.end_included
    return (value for value in values if (start or value != interval.start) and (end or value != interval.end))


def _steps(env: Env, start: Any, end: Any) -> Iterator[Any]:
    """Return the values from start to end by one, up or down, both included; for whole numbers and dates."""
    if type(start) is Decimal and type(end) is Decimal:
        first, last = whole(start), whole(end)
        if first is not None and last is not None:
            step = 1 if first <= last else -1
            return (Decimal(number) for number in range(first, last + step, step))
    if type(start) is Date and type(end) is Date:
        step = 1 if start.days <= end.days else -1
        return _days(env, range(start.days, end.days + step, step))
    raise NullResult("expected two whole numbers or two dates around '..'", start, end)


def _days(env: Env, days: range) -> Iterator[Any]:
    for day in days:
        env.spend(2)
        yield date_of_days(day)
