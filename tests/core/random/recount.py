"""Two counts of an instance's life from its journal alone, to hold against what the state says: tokens, and what was asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import get_args

from engine import exact_json
from engine.bpmn.model import CancelEvent, ElementType, FlowNode, ProcessModel, TerminateEvent
from engine.runtime import effects, history
from engine.runtime.state import OpenKind
from engine.runtime.state.memory import ScopeMemory
from engine.testing.instance import Instance, JournalEntry

JOINS = frozenset({ElementType.PARALLEL_GATEWAY, ElementType.INCLUSIVE_GATEWAY, ElementType.COMPLEX_GATEWAY})
Place = tuple[int, str]
"""A scope, and a flow that lies in it."""


class Recount:
    """Follows one instance, entry by entry of its journal."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.seen = 0
        self.facts_seen = 0
        self.tokens: Counter[Place] = Counter()
        self.targets = {flow.id: flow.target for node in instance.model.nodes.values() for flow in node.outgoing}
        self.arrived: defaultdict[Place, list[str]] = defaultdict(list)
        """By scope and node, the flows in the order in which tokens came over them; read where a quantity is waited for."""
        self.scopes: dict[int, int | None] = {}
        self.asked: set[int] = set()
        self.open: set[int] = set()
        self.lasting: set[int] = set()
        """Subscriptions that no occurrence uses up."""

    def follow(self, *, tokens: bool) -> None:
        """Take up what is new in the journal; its tokens only while no modification has moved any."""
        for entry in self.instance.journal[self.seen :]:
            self._follow_effects(entry)
        self.seen = len(self.instance.journal)
        facts = self.instance.history[self.facts_seen :]
        self.facts_seen += len(facts)
        for fact in facts if tokens else ():
            self._follow_fact(self.instance.model, fact)

    # --- what was asked for

    def _follow_effects(self, entry: JournalEntry) -> None:
        for name, *values in exact_json.decode(entry.inputs):
            if name in ANSWERS or (name in ("MessageArrived", "SignalArrived") and values[0] not in self.lasting):
                self.open.discard(values[0])
        for name, *values in exact_json.decode(entry.effects):
            key = values[0]
            if name in OPENINGS:
                assert key not in self.asked, f"{name} {key} is asked for twice"
                self.asked.add(key)
                if (
                    name != "EvaluateDecision"
                ):  # the shell answers it before anything else comes: there is nothing to withdraw
                    self.open.add(key)
                if name in ("OpenMessageSubscription", "OpenSignalSubscription") and values[-1] is False:
                    self.lasting.add(key)
            elif name in CLOSINGS:
                assert key in self.open, f"{name} {key} closes what is not open"
                self.open.remove(key)

    # --- tokens

    def _follow_fact(self, model: ProcessModel, fact: history.Fact) -> None:
        if isinstance(fact, history.FlowTaken):
            if self.instance.model.nodes[self.targets[fact.flow_id]].type is ElementType.COMPLEX_GATEWAY:
                return  # what it takes when it starts and what for its reset, its condition decides
            self.tokens[fact.scope, fact.flow_id] += 1
            self.arrived[fact.scope, self.targets[fact.flow_id]].append(fact.flow_id)
        elif isinstance(fact, history.ElementActivated):
            self.scopes[fact.element_instance] = fact.scope
            if fact.scope is not None:
                self._enter(model.nodes[fact.element_id], fact)
        elif isinstance(fact, history.ElementCompleted):
            self._leave(model.nodes[fact.element_id], fact.element_instance)

    def _enter(self, node: FlowNode, fact: history.ElementActivated) -> None:
        scope = fact.scope
        assert scope is not None
        if node.type is ElementType.EVENT_SUB_PROCESS:
            if any(self.instance.model.nodes[start].interrupting for start in node.start_events):
                self._clear(scope)
            return
        waiting = [flow.id for flow in node.incoming if self.tokens[scope, flow.id]]
        if node.type in JOINS:
            if node.type is ElementType.PARALLEL_GATEWAY:
                assert len(waiting) == len(node.incoming), f"'{node.id}' went on with tokens from {waiting} only"
            elif node.type is ElementType.INCLUSIVE_GATEWAY:
                assert waiting or not node.incoming, f"'{node.id}' went on without a token"
            taken = waiting if node.type is not ElementType.COMPLEX_GATEWAY else []
        elif node.start_quantity > 1:
            taken, self.arrived[scope, node.id] = (
                self.arrived[scope, node.id][: node.start_quantity],
                self.arrived[scope, node.id][node.start_quantity :],
            )
            assert len(taken) in (0, node.start_quantity), f"'{node.id}' began with {len(taken)} tokens"
        else:
            taken = waiting[:1]
        for flow in taken:
            self.tokens[scope, flow] -= 1

    def _leave(self, node: FlowNode, key: int) -> None:
        """The tokens of a scope go with a terminate end event in it, those of a transaction with a cancel end event."""
        scope = self.scopes[key]
        if scope is None or node.type is not ElementType.END_EVENT:
            return
        if any(isinstance(event, TerminateEvent | CancelEvent) for event in node.events):
            self._clear(scope)

    def _clear(self, scope: int) -> None:
        for place in [place for place in self.tokens if place[0] == scope]:
            del self.tokens[place]
        for place in [place for place in self.arrived if place[0] == scope]:
            del self.arrived[place]

    def assert_holds(self) -> None:
        """The tokens that wait are those that came and have not gone; what is open was asked for and has not been closed."""
        state = self.instance.state
        waiting: Counter[Place] = Counter()
        for element in state.elements.values():
            scope = element.memory_if(ScopeMemory)
            for gateway, flows in ((scope.joins or {}) if scope is not None else {}).items():
                if self.instance.model.nodes[gateway].type is ElementType.COMPLEX_GATEWAY:
                    continue
                waiting.update({(element.key, flow): count for flow, count in flows.items()})
        alive = {place: count for place, count in self.tokens.items() if count and place[0] in state.elements}
        moving = any(
            isinstance(opened.data, list) and opened.kind is OpenKind.INCIDENT for opened in state.open.values()
        )
        if not moving:
            assert alive == dict(waiting), f"{alive} tokens came and have not gone, {dict(waiting)} are in the state"
        world = {key for key, opened in state.open.items() if opened.kind is not OpenKind.CONDITION}
        assert self.open == world, f"{self.open} were asked for and not closed, {world} are in the state"


ANSWERS = frozenset(
    {
        "JobCompleted", "JobErrorThrown", "UserTaskCompleted", "UserTaskErrorThrown", "TimerFired",
        "ScriptCompleted", "ScriptFailed", "ScriptErrorThrown", "DecisionEvaluated", "DecisionFailed",
        "ChildNotStarted", "ChildCompleted", "ChildTerminated", "ChildErrorThrown",
    }
)  # fmt: skip
OPENINGS = frozenset(kind.__name__ for kind in get_args(effects.Opening))
CLOSINGS = frozenset(kind.__name__ for kind in get_args(effects.Closing))
