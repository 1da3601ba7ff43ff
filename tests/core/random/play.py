"""Plays a process by a schedule of whole numbers, and looks after every step at what must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import timedelta
from functools import partial

from engine import exact_json
from engine.bpmn.model import SCOPE_TYPES, ElementType
from engine.runtime import State, codec, effects, history, inputs, step
from engine.runtime.state import ElementInstance, OpenKind
from engine.runtime.state.memory import CompensationMemory
from engine.testing import Engine
from engine.testing.instance import Instance
from tests.core.random.recount import Recount
from tests.core.random.scope import ERRORS, MESSAGES, SIGNALS

ENOUGH = 60
"""Turns after which what has not ended is cancelled: an event that starts work each time that it comes may never let it end."""
Action = tuple[str, Callable[[], None]]
Answer = (
    inputs.JobCompleted
    | inputs.JobFailed
    | inputs.JobErrorThrown
    | inputs.UserTaskCompleted
    | inputs.UserTaskErrorThrown
)


DECISION = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:random">
<decision id="decision" name="decision"><variable name="decision"/><literalExpression><text>if a = null then 0 else a + 1</text>
</literalExpression></decision></definitions>"""


def play(source: str, schedule: Sequence[int | str], taken: list[str] | None = None) -> None:
    """Deploy and start it; take a turn for each number; then cancel it, or see it to its end. Raises AssertionError.

    A turn may be a text instead, as they are put into `taken`: the same again, whatever else could be done; or nothing, where
    that cannot be done. The turn "cancel all" is the last.
    """
    engine = Engine()
    engine.deploy_decisions(DECISION)
    engine.deploy(source)
    engine.start("main", {"a": 1, "b": 2, "c": 0})
    game = Game(engine)
    game.assert_sound()
    is_cancelled = False
    for turn in schedule:
        number = int(str(turn).partition(" ")[0])
        found = game.actions(number)
        if not found:
            break
        is_cancelled = turn == CANCEL_ALL
        name = list(found)[number % len(found)] if isinstance(turn, int) else turn.partition(" ")[2]
        if name not in found:
            continue
        if taken is not None:
            taken.append(f"{number} {name}")
        found[name]()
        game.assert_sound()
    if game.is_modified or is_cancelled or (schedule and isinstance(schedule[-1], int) and schedule[-1] % 2):
        if taken is not None:
            taken.append(CANCEL_ALL)
        engine.cancel(engine.instances[0])
    else:
        game.finish()
    game.assert_sound()
    for instance in engine.instances:
        assert instance.end is not None, f"'{instance.model.id}' has not ended; open: {instance.open}"
        assert not instance.state.elements
        assert not instance.state.open
        assert_history_folds(instance)
        assert_replays(instance)


CANCEL_ALL = "0 cancel all"


class Game:
    """An engine, and what an onlooker counts."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.counts: list[Recount] = []
        self.is_modified = False
        """An operator has put tokens where no flow would have: a join may wait for ever now."""

    def actions(self, number: int) -> dict[str, Callable[[], None]]:
        """What the world could do now: work, failures, messages, signals, time, and operators."""
        engine = self.engine
        found: list[Action] = []
        for instance in engine.instances:
            if instance.end is None:
                found += self._work(instance)
                found += self._operation(instance, number)
        if not found:
            return {}
        found += [(f"message {name}", partial(engine.publish, name, "k")) for name in MESSAGES]
        found += [(f"signal {name}", partial(engine.broadcast, name)) for name in SIGNALS]
        found += [(f"time {minutes}", partial(engine.advance, timedelta(minutes=minutes))) for minutes in (1, 3)]
        times = Counter[str]()
        named = {}
        for name, action in found:
            times[name] += 1
            named[name if times[name] == 1 else f"{name} #{times[name]}"] = action
        return named

    def _work(self, instance: Instance) -> list[Action]:
        found: list[Action] = []
        failed = {incident.job for incident in instance.incidents}
        for job in instance.jobs:
            if job.key in failed:
                continue
            answers: list[tuple[str, Answer]] = [
                (f"complete {job.element_id}", inputs.JobCompleted(job.key, {"a": job.key % 4})),
                (f"fail {job.element_id}", inputs.JobFailed(job.key, "no")),
            ]
            answers += [(f"throw {code} at {job.element_id}", inputs.JobErrorThrown(job.key, code)) for code in ERRORS]
            found += [(name, partial(give, self.engine, instance, answer)) for name, answer in answers]
        for task in instance.user_tasks:
            done = inputs.UserTaskCompleted(task.key, {"b": 2})
            wrong = inputs.UserTaskErrorThrown(task.key, "e1")
            found.append((f"complete {task.element_id}", partial(give, self.engine, instance, done)))
            found.append((f"throw e1 at {task.element_id}", partial(give, self.engine, instance, wrong)))
        for incident in instance.incidents:
            resolved = inputs.IncidentResolved(incident.key)
            found.append((f"resolve {incident.element_id}", partial(self.engine.give, instance, resolved)))
        return found

    def _operation(self, instance: Instance, number: int) -> list[Action]:
        engine, state = self.engine, instance.state
        alive = list(state.elements)
        chosen = alive[number // 7 % len(alive)]
        value = {"abc"[number % 3]: number // 3 % 4}
        scope = inputs.VariablesSet(chosen, value, local=bool(number % 2))
        name = f"{instance.model.id}.{state.elements[chosen].node}"
        found: list[Action] = [
            (f"set {value}", partial(engine.set_variables, instance, value)),
            (f"set {value} in {name}", partial(engine.give, instance, scope)),
            ("answer again", partial(self._answer_again, instance)),
        ]
        if number % 5 == 0:
            found.append((f"modify {name}", partial(self._modify, instance, number, chosen)))
        if number % 11 == 0:
            found.append((f"cancel {instance.model.id}", partial(engine.cancel, instance)))
        return found

    def _answer_again(self, instance: Instance) -> None:
        """What has been answered once is answered again, and changes nothing."""
        before = exact_json.encode_text(instance.state.to_json())
        for entry in list(instance.journal[-4:]):
            for given in exact_json.decode(entry.inputs):
                item = codec.input_from_json(given)
                if isinstance(item, AT_MOST_ONCE) and key_of(item) not in instance.state.open:
                    self.engine.give(instance, item)
        assert exact_json.encode_text(instance.state.to_json()) == before

    def _modify(self, instance: Instance, number: int, chosen: int) -> None:
        self.is_modified = True
        nodes = [
            node.id
            for node in instance.model.nodes.values()
            if node.incoming and node.scope is not None and node.type in MAY_BE_ACTIVATED
        ]
        ancestor = list(instance.state.elements)[number // 13 % len(instance.state.elements)] if number % 4 else None
        node = nodes[number // 11 % len(nodes)] if nodes else ""
        activate = (inputs.ActivateInstruction(node, ancestor),) if nodes and number % 3 else ()
        terminate = (inputs.TerminateInstruction(chosen),) if number % 2 else ()
        self.engine.give(instance, inputs.Modified(activate, terminate))

    def finish(self) -> None:
        """Give everything that is waited for until all has ended, and cancel what has not."""
        self.give_everything()
        for instance in self.engine.instances:
            if instance.end is None:
                self.engine.cancel(instance)

    def give_everything(self) -> None:
        """Give everything that is waited for until all has ended, for some turns."""
        engine, idle = self.engine, 0
        for _ in range(ENOUGH):
            running = [each for each in engine.instances if each.end is None]
            if not running:
                return
            work = [action for name, action in self.actions(1).items() if name.startswith(("complete", "resolve"))]
            if work:
                work[0]()
            else:
                for instance in running:
                    if instance.end is None:
                        engine.set_variables(instance, dict.fromkeys("abc", 3 if idle % 2 else 0))
                engine.publish(MESSAGES[idle % len(MESSAGES)], "k")
                engine.broadcast(SIGNALS[idle // 2 % len(SIGNALS)])
                engine.advance(timedelta(minutes=1))
                idle += 1
            self.assert_sound()

    def assert_sound(self) -> None:
        self.counts += [Recount(instance) for instance in self.engine.instances[len(self.counts) :]]
        for count in self.counts:
            instance = count.instance
            if len(instance.journal) == count.seen:
                continue
            count.follow(tokens=not self.is_modified)
            state = instance.state
            text = instance.journal[-1].state
            assert exact_json.encode_text(state.to_json()) == text, "loading and dumping the state changed it"
            if instance.end is not None:
                assert not instance.open, f"open after the end: {instance.open}"
                assert not count.open, f"asked for and never closed: {count.open}"
                continue
            assert_nothing_is_stuck(instance, state, may_starve=self.is_modified)
            if not self.is_modified:
                count.assert_holds()
            wanted = {key for key, opened in state.open.items() if opened.kind not in ANSWERED_AT_ONCE}
            assert wanted == set(instance.open), f"the state waits for {wanted}, the world has {set(instance.open)}"


ANSWERED_AT_ONCE = frozenset({"condition", "decision"})
AT_MOST_ONCE = (
    inputs.JobCompleted, inputs.JobErrorThrown, inputs.UserTaskCompleted, inputs.TimerFired, inputs.IncidentResolved,
    inputs.ChildCompleted, inputs.DecisionEvaluated,
)  # fmt: skip
MAY_BE_ACTIVATED = frozenset(ElementType) - {ElementType.BOUNDARY_EVENT, ElementType.START_EVENT}


def key_of(item: inputs.Input) -> int:
    """The key that the input answers: its first field."""
    key = getattr(item, fields(item)[0].name)
    assert isinstance(key, int)
    return key


def give(
    engine: Engine,
    instance: Instance,
    item: Answer,
) -> None:
    if not isinstance(item, inputs.JobFailed):  # what has failed stays, with its incident
        del instance.open[key_of(item)]
    engine.give(instance, item)


def waits_for_its_condition(instance: Instance, element: ElementInstance) -> bool:
    """An ad-hoc sub-process that rests watches its completion condition: elements may be activated, or variables written."""
    if instance.model.nodes[element.node].ad_hoc is None:
        return False
    return any(
        instance.state.open[key].kind is OpenKind.CONDITION and instance.state.open[key].node == element.node
        for key in element.open
    )


def assert_nothing_is_stuck(instance: Instance, state: State, *, may_starve: bool) -> None:
    """Every scope holds something that is alive, and everything else waits for something of its own."""
    stopped = {
        item[0]
        for opened in state.open.values()
        if isinstance(opened.data, list)
        for item in opened.data
        if isinstance(item, list)
    }
    for element in state.elements.values():
        if element.key in stopped:  # by the limit of steps; the incident goes on with it
            continue
        own = [opened for key in element.open if (opened := state.open[key]).node in ("", element.node)]
        if any(opened.kind is OpenKind.INCIDENT for opened in own):
            continue
        if element.type in SCOPE_TYPES or element.is_body:
            waits = (may_starve and element.tokens) or waits_for_its_condition(instance, element)
            assert element.kids or waits, (
                f"{element.node} in '{instance.model.id}' holds nothing; its memory: {element.memory}"
            )
        elif element.type is ElementType.EVENT_BASED_GATEWAY:
            assert element.open, f"{element.node} waits for nothing"
        elif (memory := element.memory_if(CompensationMemory)) is not None and memory.undo is not None:
            assert any(other.memory.undoes_for == element.key for other in state.elements.values()), (
                f"{element.node} waits for a compensation that does not run"
            )
        else:
            assert own, f"{element.node} in '{instance.model.id}' waits for nothing"


def assert_history_folds(instance: Instance) -> None:
    """What was entered and not left is what is alive."""
    state = instance.state
    alive: dict[int, str] = {}
    for fact in instance.history:
        if isinstance(fact, history.ElementActivated):
            assert fact.element_instance not in alive
            alive[fact.element_instance] = fact.element_id
        elif isinstance(fact, history.ElementCompleted | history.ElementTerminated):
            assert alive.pop(fact.element_instance, None) == fact.element_id, fact
    assert alive == {key: element.node for key, element in state.elements.items()}


def assert_replays(instance: Instance) -> None:
    """Again from the journal, without a dump between the steps: the same, with the same count of tokens."""
    state = State.new(instance.key)
    for entry in instance.journal:
        given = [codec.input_from_json(each) for each in exact_json.decode(entry.inputs)]
        done = step(entry.model, state, given, now=entry.now)
        state = done.state
        assert exact_json.encode_text(state.to_json()) == entry.state
        assert exact_json.encode_text([codec.effect_to_json(each) for each in done.effects]) == entry.effects
        assert exact_json.encode_text([codec.fact_to_json(each) for each in done.history]) == entry.facts
        loaded = State.from_json(exact_json.decode(entry.state))
        for key, element in state.elements.items():
            assert element.tokens == loaded.elements[key].tokens, f"{element.node} counts its tokens wrongly"
            assert list(element.kids) == list(loaded.elements[key].kids)
            assert list(element.open) == list(loaded.elements[key].open)
    ended = [effect for effect in exact_json.decode(instance.journal[-1].effects) if "EndInstance" in str(effect)]
    assert len(ended) <= 1
    assert isinstance(instance.end, effects.EndInstance)
