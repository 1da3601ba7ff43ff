"""Each input, effect and fact of the core is known to everything that has to know it; a failure names the place that was forgotten."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import pytest

from engine import exact_json
from engine.deployments import rehearsals
from engine.journal import projection
from engine.queries.instances import history as texts
from engine.runtime import codec, effects, history, inputs, keys, stepping
from engine.runtime.keys import Key, OuterKey
from engine.runtime.relocation import restoring
from engine.testing import carriers as carriers_of_tests
from engine.transition import carriers
from tests.core.runtime import test_late_answers

INPUTS = get_args(inputs.Input)
EFFECTS = get_args(effects.Effect)
FACTS = get_args(history.Fact)
JOURNAL = Path(__file__).parents[2] / "frontend/src/operations/instance/journal.ts"
OLD, NEW = 7, 8
"""A key before and after it was renamed."""


def names(kinds: Collection[type[Any]]) -> list[str]:
    return sorted(kind.__name__ for kind in kinds)


@pytest.mark.parametrize(
    ("place", "known", "expected"),
    [
        ("engine.runtime.stepping._HANDLERS", stepping._HANDLERS, INPUTS),
        ("engine.transition.carriers.CARRIERS", carriers.CARRIERS, EFFECTS),
        ("engine.testing.carriers.CARRIERS", carriers_of_tests.CARRIERS, EFFECTS),
        ("engine.journal.projection.TAKEN", projection.TAKEN, FACTS),
        (
            "LATE or NEVER_LATE in tests.core.runtime.test_late_answers",
            {type(item) for item, _ in test_late_answers.LATE} | test_late_answers.NEVER_LATE,
            INPUTS,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_table_has_a_line_for_each_kind(
    place: str, known: Collection[type[Any]], expected: Collection[type[Any]]
) -> None:
    assert names(known) == names(expected), place


@pytest.mark.parametrize(("table", "kinds"), [("CAUSES", INPUTS), ("FACTS", FACTS)])
def test_the_journal_of_the_front_end_has_a_sentence_for_each_kind(table: str, kinds: Collection[type[Any]]) -> None:
    lines = JOURNAL.read_text("utf-8").partition(f"export const {table}")[2].partition("\n};")[0]
    known = re.findall(r"^  (\w+): \(", lines, flags=re.MULTILINE)
    assert sorted(known) == sorted(kind.__name__[0].lower() + kind.__name__[1:] for kind in kinds), (
        f"{JOURNAL}, {table}"
    )


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.__name__)
def test_an_input_is_written_read_told_and_renamed_with_all_that_it_has(kind: type[Any]) -> None:
    given = sample(kind)
    assert codec.input_from_json(through_json(codec.input_to_json(given))) == given, "engine.runtime.codec"
    assert_told(texts._fields(given), given)
    assert rehearsals._renamed(given, {OLD: NEW}) == sample(kind, key=NEW), "engine.deployments.rehearsals"


@pytest.mark.parametrize("kind", EFFECTS, ids=lambda kind: kind.__name__)
def test_an_effect_is_written_and_read_with_all_that_it_has(kind: type[Any]) -> None:
    asked = sample(kind)
    assert codec.effect_from_json(through_json(codec.effect_to_json(asked))) == asked, "engine.runtime.codec"


@pytest.mark.parametrize("kind", get_args(effects.Opening), ids=lambda kind: kind.__name__)
def test_what_is_open_is_restored_under_new_keys(kind: type[Any]) -> None:
    expected = sample(kind, key=NEW)
    assert restoring._renamed(sample(kind), {OLD: NEW}) == expected, "engine.runtime.relocation.restoring"


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_a_fact_is_written_read_told_and_renamed_with_all_that_it_has(kind: type[Any]) -> None:
    fact = sample(kind)
    found = codec.fact_from_json(through_json(codec.fact_to_json(fact)))
    assert (found, type(found)) == (fact, kind), "engine.runtime.codec"
    told = texts.fact_view(fact)
    assert told.pop("type") == kind.__name__[0].lower() + kind.__name__[1:]
    assert_told(told, fact)
    assert rehearsals._renamed(fact, {OLD: NEW}) == sample(kind, key=NEW), "engine.deployments.rehearsals"


def test_each_effect_opens_closes_or_passes() -> None:
    kinds = [*get_args(effects.Opening), *get_args(effects.Closing), *get_args(effects.Passing)]
    assert names(kinds) == names(EFFECTS)
    for kind in (*get_args(effects.Opening), *get_args(effects.Closing)):
        assert keys.fields_of(kind)[0] == "key", f"{kind.__name__} needs a key, by which it is answered or closed"


@dataclass(frozen=True, slots=True)
class Part:
    place: Key


@dataclass(frozen=True, slots=True)
class NewInput:
    thing: Key
    by: OuterKey
    number: int
    other: Key | None = None
    parts: tuple[Part, ...] = ()


class NewFact(NamedTuple):
    thing: Key
    number: int


def test_a_new_record_with_a_key_is_taken_by_all_who_look_for_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(codec._INPUTS, "NewInput", NewInput)
    monkeypatch.setitem(codec._FACTS, "NewFact", NewFact)
    given = NewInput(7, 1, 7, None, (Part(7),))
    shifted = NewInput(8, 1, 7, None, (Part(8),))
    assert codec.input_from_json(through_json(codec.input_to_json(given))) == given  # type: ignore[comparison-overlap, arg-type]
    assert rehearsals._renamed(given, {7: 8}) == shifted
    assert keys.renamed(given, {7: 8}.__getitem__) == shifted
    assert keys.first_of(given) == 7
    assert texts._fields(given) == {
        "thing": "7",
        "by": "1",
        "number": 7,
        "other": None,
        "parts": [{"place": "7"}],
    }
    fact = NewFact(7, 7)
    assert codec.fact_from_json(through_json(codec.fact_to_json(fact))) == fact  # type: ignore[comparison-overlap, arg-type]
    assert rehearsals._renamed(fact, {7: 8}) == NewFact(8, 7)
    assert texts._fields(fact) == {"thing": "7", "number": 7}


# --- a record of any kind with something in each of its fields ------------------------------------------------------------


def sample(kind: type[Any], *, key: int = OLD) -> Any:
    """Every key that the instance has counted is `key`."""
    return kind(
        **{name: _sample(type_, key=key) for name, type_ in get_type_hints(kind, include_extras=True).items()}
        | ({"user_task": {"key": key, "action": "assign", "values": {}}} if kind is effects.OpenJob else {})
    )


def _sample(declared: Any, *, key: int) -> Any:
    if declared == Key:
        return key
    if declared == OuterKey:
        return 1
    if declared is Any:
        return {"any": [1]}
    if get_origin(declared) is tuple:
        return (_sample(get_args(declared)[0], key=key),)
    if isinstance(declared, type):
        return _plain_sample(declared, key=key)
    if get_origin(declared) in (Mapping, dict) or get_origin(declared) is get_origin(Mapping[str, Any]):
        return {"name": "value"}
    return _sample(next(each for each in get_args(declared) if each is not type(None)), key=key)


def _plain_sample(declared: type[Any], *, key: int) -> Any:
    if issubclass(declared, Enum):
        return list(declared)[-1]
    if is_dataclass(declared):
        return sample(declared, key=key)
    plain: Mapping[type[Any], Any] = MappingProxyType(
        {bool: True, int: 3, float: 1.5, str: "text", datetime: datetime(2030, 1, 1, 9, tzinfo=UTC)}
    )
    return plain[declared]


def through_json(value: list[Any]) -> list[Any]:
    """As it comes back from the database."""
    decoded: list[Any] = exact_json.decode(exact_json.encode(value))
    return decoded


def assert_told(told: Mapping[str, Any], record: Any) -> None:
    """The history of an instance has each field, keys as texts."""
    kind = type(record)
    assert len(told) == len(get_type_hints(kind)), "engine.queries.instances.history"
    assert exact_json.encode(dict(told))
    for name in keys.fields_of(kind, outer=True):
        shown = told[re.sub(r"_(\w)", lambda match: match[1].upper(), name)]
        assert shown == str(getattr(record, name)), f"engine.queries.instances.history: {kind.__name__}.{name}"
