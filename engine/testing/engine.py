"""The engine in memory does with lists what the engine does with rows, so that a test takes milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from engine import bpmn, dmn, exact_json
from engine.bpmn.model import Definitions, Problem, Severity
from engine.handlers import Handler, declared_in
from engine.runtime import effects as fx
from engine.runtime import inputs
from engine.runtime.correlating import Addressed
from engine.runtime.instantiation import StartKind
from engine.runtime.relocation import placing
from engine.testing import carriers
from engine.testing.answers import JobFunction
from engine.testing.instance import Instance
from engine.testing.messages import Message, Messages
from engine.testing.starts import StartTimer
from engine.testing.workers import Workers
from engine.testing.world import World

START_OF_TIME = datetime(2030, 1, 1, 9, 0, tzinfo=UTC)
"""The time at which a new engine begins: 9 o'clock of 1 January 2030, UTC."""
_TOO_MANY = 100_000
"""Steps, or timers, of one call, at most; a test that takes more fails, since a process of it never comes to rest."""


class InvalidDiagramError(ValueError):
    """A deployment rejects this file; `problems` are all that were found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"{each.element_id}: {each.message} [{each.code}]" for each in problems))
        self.problems = problems


class Engine:
    """An engine in memory: deploy, start, and let time pass. When a method returns, nothing can move any more."""

    def __init__(self, *, now: datetime = START_OF_TIME) -> None:
        self._world = World(now)
        self._messages = Messages(self._world)
        self._workers = Workers(self._world)
        self._is_settling = False

    @property
    def now(self) -> datetime:
        return self._world.now

    @property
    def instances(self) -> list[Instance]:
        """Return all instances, the oldest first, also those that have ended."""
        return self._world.instances

    # --- deployment and start

    def deploy(self, source: bytes | str | Path) -> Definitions:
        """Deploy a .bpmn file, given as a path or its content; its processes replace those with the same id. Raises
        InvalidDiagramError.
        """
        content = source.read_bytes() if isinstance(source, Path) else source
        found = bpmn.parse(content.encode() if isinstance(content, str) else content)
        if any(problem.severity is Severity.ERROR for problem in found.problems):
            raise InvalidDiagramError(found.problems)
        for model in found.processes.values():
            self._world.models[model.id] = model
            self._world.starts.replace(model, now=self.now)
        return found

    def deploy_decisions(self, source: bytes | str | Path, *, imports: Sequence[bytes | str | Path] = ()) -> None:
        """Deploy a .dmn file, with those that it imports. Raises ValueError with its first problem."""
        content, *others = (each.read_bytes() if isinstance(each, Path) else each for each in (source, *imports))
        model = dmn.parse(content, imports=others)
        if model.problems:
            raise ValueError(model.problems[0].message)
        self._world.decisions.update({decision.id: model for decision in model.decisions})

    def start(
        self,
        process_id: str,
        variables: Mapping[str, Any] | None = None,
        *,
        start_event: str | None = None,
        before: Sequence[str] = (),
    ) -> Instance:
        """Start an instance: at its none start event, by an event that occurred, or before other elements. Raises LookupError for
        an unknown process, ValueError where it cannot start before an element.
        """
        models = self._world.models
        if process_id not in models:
            raise LookupError(f"Expected a deployed process '{process_id}', found {sorted(models)}")
        given = exact_json.checked_variables(dict(variables or {}))
        placing.plan_start(models[process_id], before)
        started = inputs.Started(given, start_event=start_event, before=tuple(before))
        instance = self._world.begin(models[process_id], started)
        self._settle()
        return instance

    # --- jobs and user tasks

    def on_job(self, job_type: str, function: JobFunction | Handler) -> None:
        """Let a function do the jobs of this type at once: a function of the visible variables, or a Handler of `engine.handlers`.

        When it raises BpmnError, that error is thrown; another exception fails the attempt, and the last attempt raises the
        incident.
        """
        self._workers.functions[job_type] = function
        self._settle()

    def use_handlers(self, file: Path) -> None:
        """Let the functions that this `handlers.py` declares do the jobs of their types. Raises what its import raises."""
        for job_type, found in declared_in(file).items():
            self.on_job(job_type, found)

    def complete_job(
        self, instance: Instance, element_id: str | None = None, variables: Mapping[str, Any] | None = None
    ) -> None:
        job = self._close(instance, fx.OpenJob, element_id)
        self._give(instance, inputs.JobCompleted(job.key, exact_json.checked_variables(dict(variables or {}))))

    def fail_job(self, instance: Instance, element_id: str | None = None, message: str = "failed") -> None:
        """Fail the last attempt of the open job, which raises an incident."""
        self._give(instance, inputs.JobFailed(instance.find(fx.OpenJob, element_id).key, message))

    def throw_error(
        self,
        instance: Instance,
        code: str,
        element_id: str | None = None,
        *,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Throw a BPMN error as the worker of the open job."""
        job = self._close(instance, fx.OpenJob, element_id)
        self._give(instance, inputs.JobErrorThrown(job.key, code, variables=dict(variables or {})))

    def complete_user_task(
        self, instance: Instance, element_id: str | None = None, variables: Mapping[str, Any] | None = None
    ) -> None:
        task = instance.find(fx.OpenUserTask, element_id)
        self._give(instance, inputs.UserTaskCompleted(task.key, exact_json.checked_variables(dict(variables or {}))))
        if task.key not in instance.state.open:
            instance.open.pop(task.key, None)

    def answer_task_listener(self, instance: Instance, result: Mapping[str, Any] | None = None) -> None:
        """Complete the open job of a task listener; `result` may have `denied`, `deniedReason` and `corrections`."""
        job = next(each for each in instance.jobs if each.kind is fx.JobKind.TASK_LISTENER)
        del instance.open[job.key]
        self._give(instance, inputs.JobCompleted(job.key, {}, dict(result or {})))

    # --- operators

    def give(self, instance: Instance, item: inputs.Input) -> None:
        """Give an instance any input; for what has no method of its own."""
        self._give(instance, item)

    def cancel(self, instance: Instance) -> None:
        self._give(instance, inputs.Cancelled())

    def migrate(self, instance: Instance, process_id: str, mapping: Mapping[str, str] | None = None) -> None:
        """Migrate the instance to the deployed process `process_id`; `mapping` renames its active elements."""
        instance.model = self._world.models[process_id]
        self._give(instance, inputs.Migrated(dict(mapping or {})))

    def resolve(self, instance: Instance, element_id: str | None = None) -> None:
        self._give(instance, inputs.IncidentResolved(instance.find(fx.RaiseIncident, element_id).key))

    def set_variables(self, instance: Instance, variables: Mapping[str, Any]) -> None:
        self._give(instance, inputs.VariablesSet(instance.state.key, exact_json.checked_variables(dict(variables))))

    # --- time

    def advance(self, span: timedelta) -> None:
        """Let time pass. Timers fire in the order of their times, also those that open on the way."""
        end = self.now + span
        for _ in range(_TOO_MANY):
            due = self._next_due()
            if due is None or due[0] > end:
                self._world.now = end
                return
            self._world.now = max(self.now, due[0])
            due[1]()
            self._settle()
        raise AssertionError(f"Expected fewer than {_TOO_MANY} timers within {span}; a cycle has no pause")

    def _next_due(self) -> tuple[datetime, Callable[[], None]] | None:
        candidates: list[tuple[datetime, int, Callable[[], None]]] = []
        for instance in self.instances:
            for timer in instance.timers:
                candidates.append((timer.due_at, timer.key, partial(self._fire, instance, timer)))
        for number, start in enumerate(self._world.starts.timers):
            candidates.append((start.schedule.due, number, partial(self._fire_start, start)))
        if not candidates:
            return None
        due_at, _, fire = min(candidates, key=lambda each: each[:2])
        return due_at, fire

    def _fire(self, instance: Instance, timer: fx.OpenTimer) -> None:
        del instance.open[timer.key]
        self._world.give(instance, inputs.TimerFired(timer.key))

    def _fire_start(self, timer: StartTimer) -> None:
        self._world.starts.put_on(timer, now=self.now)
        self._world.begin_by(timer.model, timer.trigger, {})

    # --- messages and signals

    def publish(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        time_to_live: timedelta = timedelta(0),
    ) -> None:
        """Publish a message: it reaches one instance of each process that waits for it or begins with it, and is kept for
        `time_to_live` for those to come.
        """
        given = exact_json.checked_variables(dict(variables or {}))
        to = Addressed(name, correlation_key or self._messages.key_of_payload(name, given))
        self._messages.publish(Message(to, given, self.now + time_to_live))
        self._settle()

    def broadcast(self, name: str, variables: Mapping[str, Any] | None = None) -> None:
        self._messages.broadcast(name, exact_json.checked_variables(dict(variables or {})))
        self._settle()

    def evaluate_conditions(self, variables: Mapping[str, Any] | None = None) -> None:
        """Start an instance at each conditional start event whose condition is true of these variables."""
        given = exact_json.checked_variables(dict(variables or {}))
        for model, trigger in self._world.starts.of(StartKind.CONDITION):
            if trigger.holds(given, now=self.now):
                self._world.begin_by(model, trigger, given)
        self._settle()

    # --- until all rest

    def _give(self, instance: Instance, item: inputs.Input) -> None:
        self._world.give(instance, item)
        self._settle()

    def _close(self, instance: Instance, kind: type[Any], element_id: str | None) -> Any:
        found = instance.find(kind, element_id)
        del instance.open[found.key]
        return found

    def _settle(self) -> None:
        if self._is_settling:
            return
        self._is_settling = True
        try:
            for _ in range(_TOO_MANY):
                if self._world.pending:
                    self._step(*self._world.pending.popleft())
                elif not self._workers.run_one():
                    return
            raise AssertionError(f"Expected the instances to rest within {_TOO_MANY} steps")
        finally:
            self._is_settling = False

    def _step(self, instance: Instance, item: inputs.Input) -> None:
        if instance.end is None:
            done = instance.take(item, now=self.now)
            carriers.carry(self._messages, instance, done.effects)

    # --- the check at the end

    def check(self) -> None:
        """Replay every instance, and check that no ended one leaves anything open. Raises AssertionError."""
        for instance in self.instances:
            instance.replay()
            if instance.end is not None and instance.open:
                raise AssertionError(
                    f"Expected nothing open after the end of '{instance.model.id}', found {instance.open}"
                )
