"""States that were written before an element instance's memory had types are read, go on as they did, and are written alike.

`recorded_states.json` holds diagrams, and runs of them by the tests of this folder, as they were on 2026-11-30: of each step the
time, the input, the state that it left, and a digest of the names and first fields of its effects and facts (the first 16 hex
digits of their SHA-256; without the rest, so that the wording of a message may change). Together the runs have every kind of
element that can be active, everything that one remembered then, every kind of input and everything that can be open. The file is
never recorded again: instances that began then may still be running.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine import exact_json
from engine.bpmn import parse
from engine.bpmn.model import Definitions
from engine.runtime import State, Step, codec, step

_RECORDED = exact_json.decode(Path(__file__).with_name("recorded_states.json").read_bytes())
_RUNS = [pytest.param(run, id=run["test"]) for run in _RECORDED["runs"]]


@cache
def _definitions(diagram: int) -> Definitions:
    return parse(_RECORDED["diagrams"][diagram].encode())


def _text(value: Any) -> str:
    return exact_json.encode_text(value)


def _read(text: str) -> State:
    return State.from_json(exact_json.decode(text))


def _digest(done: Step) -> str:
    effects = [codec.effect_to_json(each)[:2] for each in done.effects]
    facts = [codec.fact_to_json(each)[:2] for each in done.history]
    return hashlib.sha256(exact_json.encode([effects, facts])).hexdigest()[:16]


@pytest.mark.parametrize("run", _RUNS)
def test_a_recorded_state_is_written_as_it_was_read(run: dict[str, Any]) -> None:
    for recorded in run["steps"]:
        text = _text(recorded["state"])
        assert _text(_read(text).to_json()) == text


@pytest.mark.parametrize("run", _RUNS)
def test_a_recorded_state_goes_on_to_the_next_one_that_was_recorded(run: dict[str, Any]) -> None:
    before = _text(State.new(run["key"]).to_json())
    for recorded in run["steps"]:
        model = _definitions(recorded["diagram"]).processes[recorded["process"]]
        given = [codec.input_from_json(each) for each in recorded["inputs"]]
        done = step(model, _read(before), given, now=datetime.fromisoformat(recorded["now"]))
        before = _text(recorded["state"])
        assert _text(done.state.to_json()) == before
        assert _digest(done) == recorded["effectsAndFacts"]
