"""The token machine is a queue of tokens and stages, and the primitives of which the processors are made.

Nothing here is specific to a kind of element: `processors` maps each element type to what it does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import feel
from engine.bpmn.model import ElementType, FlowNode, ProcessModel, SequenceFlow
from engine.runtime import effects, history
from engine.runtime.effects import Effect, IncidentType
from engine.runtime.evaluating import Evaluator, Trouble, shown
from engine.runtime.stages import Stage
from engine.runtime.state import ElementInstance, Opened, OpenKind, State, VisibleVariables
from engine.runtime.state.memory import ProcessMemory, ScopeMemory, UserTaskMemory

_ACTIVATE, _COMPLETE, _DRAINED = Stage.ACTIVATE, Stage.COMPLETE, Stage.DRAINED
"""Stages with names of their own, since each element comes to them, and looking up a member of an enumeration is slow."""


@dataclass(frozen=True, slots=True)
class StepLimits:
    """The limits of one step. `steps` counts tokens moved and stages run; more of them are taken for a cycle without a wait, and
    end in an incident. `expressions` is what each expression may use."""

    steps: int = 100_000
    expressions: feel.Budget = feel.DEFAULT_BUDGET


WITHDRAWALS: dict[OpenKind, type[Any]] = {
    OpenKind.JOB: effects.WithdrawJob,
    OpenKind.LISTENER: effects.WithdrawJob,
    OpenKind.TASK_LISTENER: effects.WithdrawJob,
    OpenKind.USER_TASK: effects.WithdrawUserTask,
    OpenKind.TIMER: effects.WithdrawTimer,
    OpenKind.MESSAGE: effects.WithdrawMessageSubscription,
    OpenKind.SIGNAL: effects.WithdrawSignalSubscription,
    OpenKind.SCRIPT: effects.WithdrawScript,
    OpenKind.INCIDENT: effects.CloseIncident,
}
"""The effect that withdraws what is open, by its kind; a child, a decision and a condition are withdrawn in another way."""


class Machine(Evaluator):
    """The machine is one step in the making: the state, and what has been asked for and done so far."""

    def __init__(self, model: ProcessModel, state: State, *, now: datetime, limits: StepLimits) -> None:
        super().__init__(model, state, now=now, budget=limits.expressions)
        self.limits = limits
        self.effects: list[Effect] = []
        self.queue: deque[tuple[int, str, str | Stage]] = deque()
        """What moves next: a token as (its scope, the node to which it comes, the flow or an empty text), or a stage that is to be
        run as (the element instance, an empty text, the stage).
        """
        self.signalling: deque[int] = deque()
        """Element instances that are about to throw a signal. They wait until all else rests, so that elements in parallel branches
        can reach their catching event first: a signal reaches only those who wait for it when it is thrown (10.4.5).
        """

    # --- the queue

    def token(self, scope: ElementInstance, node_id: str, flow_id: str = "") -> None:
        """Let a token arrive at a node, over a flow if it came by one."""
        scope.tokens += 1
        self.queue.append((scope.key, node_id, flow_id))

    def later(self, element: ElementInstance, stage: Stage) -> None:
        """Run a stage of an element instance after what is queued before it."""
        self.queue.append((element.key, "", stage))

    def next(self, element: ElementInstance, stage: Stage) -> None:
        """Run a stage of an element instance before all that is queued."""
        self.queue.appendleft((element.key, "", stage))

    # --- element instances

    @property
    def root(self) -> ElementInstance:
        """Return the element instance of the process itself; there is one from its start to its end."""
        return self.state.elements[self.state.key]

    def scope_of(self, element: ElementInstance) -> ElementInstance:
        assert element.scope is not None, "the process itself has no enclosing scope"
        return self.state.elements[element.scope]

    def create(
        self, node: FlowNode, scope: ElementInstance | None, *, type_: ElementType | None = None
    ) -> ElementInstance:
        key = self.state.key if scope is None else self.state.next_key()
        element = ElementInstance(key, node.id, type_ or node.type, None if scope is None else scope.key)
        self.state.elements[key] = element
        if scope is not None:
            scope.kids[key] = None
        self.facts.append(history.ElementActivated(key, node.id, element.type, element.scope))
        return element

    def remove(self, element: ElementInstance) -> None:
        """Take an element instance, with all that it has open, out of the state."""
        self.withdraw(element)
        del self.state.elements[element.key]
        if element.scope is not None:
            del self.state.elements[element.scope].kids[element.key]
        if self.state.joins:
            self._forget_joins(element)

    def _forget_joins(self, scope: ElementInstance) -> None:
        memory = scope.memory
        if isinstance(memory, ScopeMemory):
            for gateway in memory.gateways:
                self.state.joins.pop((scope.key, gateway), None)

    def terminate(self, element: ElementInstance, *, at_once: bool = False) -> None:
        """End an element instance and all within it, innermost first; without recursion, however deep it is.

        An element with last words (a user task with listeners of its cancellation) moves, with the variables that it saw, to the
        nearest scope that stays; that scope waits for it, and nothing else does. The process itself stays for them. `at_once` asks
        no listeners.
        """
        order = [element]
        for each in order:
            order.extend(self.state.elements[kid] for kid in each.kids)
        lasting = [] if at_once else [each for each in order if _has_last_words(each)]
        if lasting:
            self._let_speak(element, lasting)
        kept = {each.key for each in lasting}
        if lasting and element.scope is None:
            kept.add(element.key)
        for each in reversed(order):
            if each.key not in kept:
                self.remove(each)
                self.facts.append(history.ElementTerminated(each.key, each.node))

    def _let_speak(self, ended: ElementInstance, lasting: list[ElementInstance]) -> None:
        stays = ended if ended.scope is None else self.state.elements[ended.scope]
        while stays.is_body:
            stays = self.scope_of(stays)
        if ended.scope is None:
            self.withdraw(ended)
            self.queue = deque(item for item in self.queue if item[0] != ended.key)
            ended.tokens = 0
            self._forget_joins(ended)
            ended.memory = ProcessMemory()
        for each in lasting:
            seen = dict(VisibleVariables(self.state, each.key))
            if each.scope is not None:
                del self.state.elements[each.scope].kids[each.key]
            each.scope = stays.key
            stays.kids[each.key] = None
            memory = each.memory_as(UserTaskMemory)
            if memory.speaking is None:
                self.withdraw(each)
                each.variables = seen
                each.memory = left = UserTaskMemory()
                left.speaking = memory.last_words
                self.later(each, Stage.LAST_WORDS)

    def end(
        self, outcome: effects.Outcome, variables: Mapping[str, Any], code: str | None = None, message: str = ""
    ) -> None:
        """End the instance, after the last words in it. When it is ended once more meanwhile, it ends without them."""
        root = self.state.elements.get(self.state.key)
        if root is not None:
            self.terminate(root, at_once=root.memory_as(ProcessMemory).ending is not None)
            if root.key in self.state.elements:
                root.memory_as(ProcessMemory).ending = [outcome.value, dict(variables), code, message]
                return
        self.state.ended = outcome
        self.effects.append(effects.EndInstance(outcome, variables, code, message))

    def let_thrower_go_on(self, handler: ElementInstance) -> None:
        """Let the thrower of a compensation go on with the next handler, since this one was ended from outside."""
        thrower = self.state.elements.get(handler.memory.undoes_for or 0)
        if thrower is not None:
            self.later(thrower, Stage.UNDO_NEXT)

    def clear(self, scope: ElementInstance, *, keep: int | None = None) -> None:
        """End everything that moves or waits in a scope, its tokens included, but for the element instance `keep`."""
        for kid in [key for key in scope.kids if key != keep]:
            element = self.state.elements.get(kid)
            if element is not None and not _is_speaking(element):
                self.terminate(element)
        if scope.tokens:
            self.queue = deque(item for item in self.queue if item[0] != scope.key or not item[1])
            scope.tokens = 0
        self._forget_joins(scope)
        if isinstance(scope.memory, ScopeMemory):
            scope.memory.forget_tokens()

    def drain(self, scope: ElementInstance) -> None:
        """Let a scope decide what follows when nothing in it moves or waits any more; a complex gateway in it is reset before."""
        if scope.kids or scope.tokens:
            return
        memory = scope.memory
        if not isinstance(memory, ScopeMemory) or memory.complex is None:
            self.later(scope, _DRAINED)

    def activate(self, element: ElementInstance) -> None:
        self.later(element, _ACTIVATE)

    def complete(self, element: ElementInstance) -> None:
        self.later(element, _COMPLETE)

    # --- sequence flows

    def outgoing(self, element: ElementInstance, node: FlowNode) -> list[SequenceFlow]:
        """Return the unconditional flows and those whose condition holds; the default flow when no condition holds (13.2.1)."""
        for flow in node.outgoing:
            if flow.condition is not None or flow.id == node.default_flow:
                break
        else:
            return list(node.outgoing)
        conditional = [flow for flow in node.outgoing if flow.condition is not None]
        held = {flow.id for flow in conditional if self.holds(flow.condition, element, flow)}
        chosen = []
        for flow in node.outgoing:
            if flow.id == node.default_flow:
                if not held:
                    chosen.append(flow)
            elif flow.condition is None or flow.id in held:
                chosen.append(flow)
        if not chosen:
            raise Trouble(
                IncidentType.CONDITION_ERROR, f"Expected a default flow or a true condition after {shown(node)}"
            )
        return chosen

    def take(self, scope: ElementInstance, flows: list[SequenceFlow]) -> None:
        scope.tokens += len(flows)
        for flow in flows:
            self.facts.append(history.FlowTaken(flow.id, scope.key))
            self.queue.append((scope.key, flow.target, flow.id))

    # --- what is open

    def open(
        self,
        element: ElementInstance,
        kind: OpenKind,
        *,
        node: str = "",
        event: int = 0,
        data: Any = None,
        key: int | None = None,
    ) -> int:
        key = self.state.next_key() if key is None else key
        opened = self.state.open[key] = Opened(element.key, kind, node, event, data)
        element.open[key] = None
        self.state.index(key, opened)
        return key

    def close(self, key: int) -> Opened:
        """Forget what is open, without a withdrawal: it has been answered."""
        opened = self.state.open.pop(key)
        self.state.elements[opened.element].open.pop(key, None)
        self.state.unindex(key, opened)
        return opened

    def withdraw(self, element: ElementInstance, *, only_of: Set[str] | None = None) -> None:
        """Withdraw what an element instance has open, all or only what serves the nodes `only_of`."""
        for key in [key for key in element.open if only_of is None or self.state.open[key].node in only_of]:
            self.withdraw_one(key)

    def withdraw_one(self, key: int) -> None:
        opened = self.close(key)
        if opened.kind is OpenKind.CHILD:
            self.effects.append(effects.CancelChild(key, opened.data))
        elif opened.kind is OpenKind.DECISION:
            # answered between two steps, so it was asked for in this one: it is not to be made
            self.effects = [
                each for each in self.effects if not (isinstance(each, effects.EvaluateDecision) and each.key == key)
            ]
        elif opened.kind in WITHDRAWALS:
            self.effects.append(WITHDRAWALS[opened.kind](key))
            if opened.kind is OpenKind.INCIDENT:
                element = self.state.elements[opened.element]
                self.facts.append(history.IncidentClosed(key, element.key, element.node))

    def incident(
        self,
        element: ElementInstance,
        type_: IncidentType,
        message: str,
        *,
        retry: Stage | None,
        stack_trace: str = "",
        job: int | None = None,
    ) -> None:
        """Record a failure at an element. Resolving it runs the stage `retry`, or nothing where that is None."""
        key = self.open(element, OpenKind.INCIDENT, data="" if retry is None else retry.value)
        self.effects.append(effects.RaiseIncident(key, element.key, element.node, type_, message, stack_trace, job))
        self.facts.append(history.IncidentRaised(key, element.key, element.node, type_.value, message))


def _has_last_words(element: ElementInstance) -> bool:
    memory = element.memory
    return isinstance(memory, UserTaskMemory) and memory.has_last_words


def _is_speaking(element: ElementInstance) -> bool:
    memory = element.memory
    return isinstance(memory, UserTaskMemory) and memory.speaking is not None
