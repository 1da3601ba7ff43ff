"""Keys in inputs, effects and facts are found by their type, by whoever needs them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, get_args, get_type_hints

import pytest

from engine.runtime import codec, effects, history, inputs, keys
from engine.runtime.keys import Key, OuterKey


@dataclass(frozen=True, slots=True)
class Within:
    place: Key
    name: str = ""


@dataclass(frozen=True, slots=True)
class New:
    name: str
    thing: Key
    number: int
    other: Key | None = None
    message: OuterKey | None = None
    parts: tuple[Within, ...] = ()


class NewFact(NamedTuple):
    number: int
    thing: Key
    scope: Key | None


NEW = New("n", 1, 2, None, 1, (Within(2), Within(3)))
OTHERS = MappingProxyType({1: 10, 2: 20, 3: 30})


def test_a_new_field_with_a_key_is_found_by_its_type() -> None:
    assert keys.fields_of(New) == ("thing", "other")
    assert keys.fields_of(New, outer=True) == ("thing", "other", "message")
    assert keys.fields_of(NewFact) == ("thing", "scope")
    assert keys.records_in(New) == {"parts": Within}


def test_a_new_record_is_renamed_with_what_lies_in_it_and_without_what_others_counted() -> None:
    assert keys.renamed(NEW, OTHERS.__getitem__) == New("n", 10, 2, None, 1, (Within(20), Within(30)))
    assert keys.renamed(NewFact(1, 1, None), OTHERS.__getitem__) == NewFact(1, 10, None)
    with pytest.raises(KeyError):
        keys.renamed(New("n", 4, 2), OTHERS.__getitem__)


def test_a_late_input_is_noted_by_the_first_key_that_it_has() -> None:
    assert keys.first_of(NEW) == 1
    assert keys.first_of(inputs.Cancelled()) is None
    assert keys.first_of(inputs.KeysGranted(7)) is None


def test_a_new_record_is_written_and_read_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(codec._INPUTS, "New", New)
    dumped = codec.input_to_json(NEW)  # type: ignore[arg-type]
    assert dumped == ["New", "n", 1, 2, None, 1, [["Within", 2], ["Within", 3]]]
    assert repr(codec.input_from_json(dumped)) == repr(NEW)


def test_whatever_is_a_number_of_a_record_but_no_key_is_known_here() -> None:
    """Who adds a number says whether it is a key."""
    numbers = {"retries", "priority", "version", "line", "sequence"}
    for kind in (*get_args(inputs.Input), *get_args(effects.Effect), *get_args(history.Fact)):
        declared = get_type_hints(kind, include_extras=True)
        plain = {name for name, type_ in declared.items() if type_ in (int, int | None)}
        assert plain <= numbers, (
            f"{kind.__name__}: say of {plain - numbers} whether they are keys (engine.runtime.keys)"
        )
