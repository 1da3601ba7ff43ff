"""An instance of the engine in memory has its state as JSON text, its journal, and what it has open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from engine import exact_json
from engine.bpmn.model import ProcessModel
from engine.runtime import State, Step, codec, scope_variables, step
from engine.runtime import effects as fx
from engine.runtime import history as facts
from engine.runtime.inputs import Input

T = TypeVar("T")


class ReplayDiffersError(AssertionError):
    """A replay of the same inputs gave another state, other effects or other facts."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A journal entry is one step, as texts, so that nothing in it can change afterwards."""

    now: datetime
    model: ProcessModel
    inputs: str
    state: str
    effects: str
    facts: str


@dataclass(eq=False)
class Instance:
    """An instance of a process. `open` holds what it waits for, by key, in the order in which it was asked for."""

    key: int
    model: ProcessModel
    parent: Instance | None = None
    parent_child_key: int | None = None
    correlation_key: str = ""
    journal: list[JournalEntry] = field(default_factory=list)
    history: list[facts.Fact] = field(default_factory=list)
    open: dict[int, fx.Opening] = field(default_factory=dict)
    end: fx.EndInstance | None = None
    _state: str = ""

    def __post_init__(self) -> None:
        self._state = _text(State.new(self.key).to_json())

    def take(self, item: Input, *, now: datetime) -> Step:
        """Step once from the stored state, and keep the step in the journal."""
        done = step(self.model, State.from_json(exact_json.decode(self._state)), [item], now=now)
        self._state = _text(done.state.to_json())
        self.journal.append(
            JournalEntry(
                now=now,
                model=self.model,
                inputs=_text([codec.input_to_json(item)]),
                state=self._state,
                effects=_text([codec.effect_to_json(each) for each in done.effects]),
                facts=_text([codec.fact_to_json(each) for each in done.history]),
            )
        )
        self.history += done.history
        return done

    def replay(self) -> None:
        """Step with every input of the journal again. Raises ReplayDiffersError at the first step that gives anything else."""
        state = State.new(self.key)
        for number, entry in enumerate(self.journal, 1):
            given = [codec.input_from_json(each) for each in exact_json.decode(entry.inputs)]
            done = step(entry.model, state, given, now=entry.now)
            found = {
                "state": _text(done.state.to_json()),
                "effects": _text([codec.effect_to_json(each) for each in done.effects]),
                "facts": _text([codec.fact_to_json(each) for each in done.history]),
            }
            for what, text in found.items():
                recorded = getattr(entry, what)
                if text != recorded:
                    raise ReplayDiffersError(
                        f"Expected the same {what} from step {number} of '{self.model.id}':\n{recorded}\nfound\n{text}"
                    )
            state = State.from_json(exact_json.decode(entry.state))

    # --- what happened

    @property
    def state(self) -> State:
        """Return a copy of the state."""
        return State.from_json(exact_json.decode(self._state))

    @property
    def depth(self) -> int:
        """The number of call activities that lead to this instance."""
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def outcome(self) -> fx.Outcome | None:
        """Return how the instance ended; None while it runs."""
        return self.end.outcome if self.end else None

    @property
    def variables(self) -> dict[str, Any]:
        """Return the variables of the process; after its end, the last ones."""
        return dict(self.end.variables) if self.end else scope_variables(self.state, self._root)

    @property
    def activated_elements(self) -> list[str]:
        return [fact.element_id for fact in self.facts(facts.ElementActivated) if fact.scope is not None]

    @property
    def completed_elements(self) -> list[str]:
        """Return the ids of completed elements, in order, without the process itself."""
        root = self._root
        return [fact.element_id for fact in self.facts(facts.ElementCompleted) if fact.element_instance != root]

    @property
    def terminated_elements(self) -> list[str]:
        root = self._root
        return [fact.element_id for fact in self.facts(facts.ElementTerminated) if fact.element_instance != root]

    def facts(self, kind: type[T]) -> list[T]:
        return [fact for fact in self.history if isinstance(fact, kind)]

    @property
    def _root(self) -> int:
        return next(
            (fact.element_instance for fact in self.facts(facts.ElementActivated) if fact.scope is None), self.key
        )

    # --- what it waits for

    @property
    def jobs(self) -> list[fx.OpenJob]:
        return self.opened(fx.OpenJob)

    @property
    def user_tasks(self) -> list[fx.OpenUserTask]:
        return self.opened(fx.OpenUserTask)

    @property
    def timers(self) -> list[fx.OpenTimer]:
        return self.opened(fx.OpenTimer)

    @property
    def message_subscriptions(self) -> list[fx.OpenMessageSubscription]:
        return self.opened(fx.OpenMessageSubscription)

    @property
    def signal_subscriptions(self) -> list[fx.OpenSignalSubscription]:
        return self.opened(fx.OpenSignalSubscription)

    @property
    def incidents(self) -> list[fx.RaiseIncident]:
        return self.opened(fx.RaiseIncident)

    def opened(self, kind: type[T]) -> list[T]:
        return [effect for effect in self.open.values() if isinstance(effect, kind)]

    def find(self, kind: type[T], element_id: str | None) -> T:
        """Return the oldest open effect of this kind (at this element). Raises LookupError, naming what is open."""
        for effect in self.opened(kind):
            if element_id in (None, effect.element_id):  # type: ignore[attr-defined]
                return effect
        waiting = ", ".join(f"{type(each).__name__} at '{each.element_id}'" for each in self.open.values()) or "nothing"
        raise LookupError(
            f"Expected {kind.__name__} at '{element_id or 'any element'}' of '{self.model.id}', open: {waiting}"
        )


def _text(value: dict[str, Any] | Sequence[Any]) -> str:
    return exact_json.encode_text(value)
