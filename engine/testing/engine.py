"""The engine in memory: what the shell does with rows, done with lists, so that a test takes milliseconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine import bpmn, dmn, exact_json
from engine.bpmn.model import Definitions, Problem, ProcessModel, Severity
from engine.handlers import BpmnError, Handler, declared_in
from engine.runtime import correlating, inputs
from engine.runtime import effects as fx
from engine.runtime.instantiation import StartKind, StartTrigger
from engine.runtime.state import KEYS_PER_BLOCK
from engine.testing import answers
from engine.testing.answers import JobFunction
from engine.testing.instance import Instance
from engine.testing.starts import Starts, StartTimer

START_OF_TIME = datetime(2030, 1, 1, 9, 0, tzinfo=UTC)
THROWN_MESSAGE_TTL = timedelta(hours=1)
_TOO_MANY = 100_000


class InvalidDiagramError(ValueError):
    """A file that a deployment rejects; `problems` are all that were found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"{each.element_id}: {each.message} [{each.code}]" for each in problems))
        self.problems = problems


@dataclass(eq=False)
class _Message:
    name: str
    correlation_key: str
    variables: Mapping[str, Any]
    expires_at: datetime
    target_process: str | None
    target_element: str | None
    had: set[str]
    """Processes that got it: one instance each."""


class Engine:
    """Deploy, start, and let time pass. Whatever can move has moved when a method returns."""

    def __init__(self, *, now: datetime = START_OF_TIME) -> None:
        self.now = now
        self.instances: list[Instance] = []
        self._models: dict[str, ProcessModel] = {}
        self._decisions: dict[str, dmn.Model] = {}
        self._starts = Starts()
        self._messages: list[_Message] = []
        self._functions: dict[str, JobFunction | Handler] = {}
        self._attempts: dict[int, int] = {}
        self._pending: deque[tuple[Instance, inputs.Input]] = deque()
        self._is_settling = False

    # --- deployment and start

    def deploy(self, source: bytes | str | Path) -> Definitions:
        """A .bpmn file, by path or content; its processes replace those with the same id. Raises InvalidDiagramError."""
        content = source.read_bytes() if isinstance(source, Path) else source
        found = bpmn.parse(content.encode() if isinstance(content, str) else content)
        if any(problem.severity is Severity.ERROR for problem in found.problems):
            raise InvalidDiagramError(found.problems)
        for model in found.processes.values():
            self._models[model.id] = model
            self._starts.replace(model, now=self.now)
        return found

    def deploy_decisions(self, source: bytes | str | Path, *, imports: Sequence[bytes | str | Path] = ()) -> None:
        """A .dmn file, with those that it imports. Raises ValueError with its first problem."""
        content, *others = (each.read_bytes() if isinstance(each, Path) else each for each in (source, *imports))
        model = dmn.parse(content, imports=others)
        if model.problems:
            raise ValueError(model.problems[0].message)
        self._decisions.update({decision.id: model for decision in model.decisions})

    def start(
        self, process_id: str, variables: Mapping[str, Any] | None = None, *, start_event: str | None = None
    ) -> Instance:
        if process_id not in self._models:
            raise LookupError(f"Expected a deployed process '{process_id}', found {sorted(self._models)}")
        given = exact_json.checked_variables(dict(variables or {}))
        instance = self._born(self._models[process_id], inputs.Started(given, start_event=start_event))
        self._settle()
        return instance

    # --- jobs and user tasks

    def on_job(self, job_type: str, function: JobFunction | Handler) -> None:
        """Do the jobs of this type at once: a function of the visible variables, or a Handler of `engine.handlers`.

        BpmnError throws the error; another exception fails the attempt, and the last attempt raises the incident.
        """
        self._functions[job_type] = function
        self._settle()

    def use_handlers(self, file: Path) -> None:
        """Do the jobs of every type that this `handlers.py` declares by its functions. Raises what importing it raises."""
        for job_type, found in declared_in(file).items():
            self.on_job(job_type, found)

    def complete_job(
        self, instance: Instance, element_id: str | None = None, variables: Mapping[str, Any] | None = None
    ) -> None:
        job = self._close(instance, fx.OpenJob, element_id)
        self._give(instance, inputs.JobCompleted(job.key, exact_json.checked_variables(dict(variables or {}))))

    def fail_job(self, instance: Instance, element_id: str | None = None, message: str = "failed") -> None:
        """The last attempt fails."""
        self._give(instance, inputs.JobFailed(instance.find(fx.OpenJob, element_id).key, message))

    def throw_error(
        self,
        instance: Instance,
        code: str,
        element_id: str | None = None,
        *,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """By the worker of the open job."""
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
        """Any input, for what has no method of its own."""
        self._give(instance, item)

    def cancel(self, instance: Instance) -> None:
        self._give(instance, inputs.Cancelled())

    def migrate(self, instance: Instance, process_id: str, mapping: Mapping[str, str] | None = None) -> None:
        """Let the instance go on by the deployed process `process_id`; `mapping` renames its active elements."""
        instance.model = self._models[process_id]
        self._give(instance, inputs.Migrated(dict(mapping or {})))

    def resolve(self, instance: Instance, element_id: str | None = None) -> None:
        self._give(instance, inputs.IncidentResolved(instance.find(fx.RaiseIncident, element_id).key))

    def set_variables(self, instance: Instance, variables: Mapping[str, Any]) -> None:
        self._give(instance, inputs.VariablesSet(instance.state.key, exact_json.checked_variables(dict(variables))))

    # --- time

    def advance(self, span: timedelta) -> None:
        """Let time pass; timers fire in the order of their times, also those that open on the way."""
        end = self.now + span
        for _ in range(_TOO_MANY):
            due = self._next_due()
            if due is None or due[0] > end:
                self.now = end
                return
            self.now = max(self.now, due[0])
            due[1]()
            self._settle()
        raise AssertionError(f"Expected fewer than {_TOO_MANY} timers within {span}; a cycle has no pause")

    def _next_due(self) -> tuple[datetime, Callable[[], None]] | None:
        candidates: list[tuple[datetime, int, Callable[[], None]]] = []
        for instance in self.instances:
            for timer in instance.timers:
                candidates.append((timer.due_at, timer.key, lambda i=instance, t=timer: self._fire(i, t)))  # type: ignore[misc]
        for number, start in enumerate(self._starts.timers):
            candidates.append((start.schedule.due, number, lambda s=start: self._fire_start(s)))  # type: ignore[misc]
        if not candidates:
            return None
        due_at, _, fire = min(candidates, key=lambda each: each[:2])
        return due_at, fire

    def _fire(self, instance: Instance, timer: fx.OpenTimer) -> None:
        del instance.open[timer.key]
        self._pending.append((instance, inputs.TimerFired(timer.key)))

    def _fire_start(self, timer: StartTimer) -> None:
        self._starts.put_on(timer, now=self.now)
        self._start_by(timer.model, timer.trigger, {})

    # --- messages and signals

    def publish(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        time_to_live: timedelta = timedelta(0),
    ) -> None:
        """To one instance of each process that waits for it or begins with it; kept for `time_to_live` for those to come."""
        given = exact_json.checked_variables(dict(variables or {}))
        correlation_key = correlation_key or self._key_of_payload(name, given)
        self._publish(_Message(name, correlation_key, given, self.now + time_to_live, None, None, set()))
        self._settle()

    def broadcast(self, name: str, variables: Mapping[str, Any] | None = None) -> None:
        self._broadcast(name, exact_json.checked_variables(dict(variables or {})))
        self._settle()

    def evaluate_conditions(self, variables: Mapping[str, Any] | None = None) -> None:
        """Start an instance at each conditional start event whose condition is true of these variables."""
        given = exact_json.checked_variables(dict(variables or {}))
        for model, trigger in self._starts.of(StartKind.CONDITION):
            if trigger.holds(given, now=self.now):
                self._start_by(model, trigger, given)
        self._settle()

    def _publish(self, message: _Message) -> None:
        for instance, subscription in self._waiting_for(message):
            self._hand_over(message, instance, subscription)
        self._start_by_message(message)
        self._messages.append(message)

    def _key_of_payload(self, name: str, variables: Mapping[str, Any]) -> str:
        models = [each.model for each in self.instances if each.end is None] + list(self._models.values())
        found = (correlating.key_of_payload(model, name, variables, now=self.now) for model in models)
        return next((key for key in found if key), "")

    def _waiting_for(self, message: _Message) -> list[tuple[Instance, fx.OpenMessageSubscription]]:
        """The oldest first: those with the message's key; over a message flow also one of whom there is no doubt."""
        found = [
            (instance, each)
            for instance in self.instances
            for each in instance.message_subscriptions
            if self._may_have(message, instance, each)
        ]
        exact = [(instance, each) for instance, each in found if each.correlation_key == message.correlation_key]
        return exact or (found if len({id(instance) for instance, _ in found}) == 1 else [])

    def _may_have(self, message: _Message, instance: Instance, wanted: fx.OpenMessageSubscription) -> bool:
        if message.name != wanted.message_name or message.target_process not in (None, instance.model.id):
            return False
        if message.target_element not in (None, wanted.element_id):
            return False
        keys = (message.correlation_key, wanted.correlation_key)
        return keys[0] == keys[1] or (message.target_process is not None and wanted.flow_end and "" in keys)

    def _hand_over(self, message: _Message, instance: Instance, wanted: fx.OpenMessageSubscription) -> None:
        if instance.model.id in message.had:
            return
        message.had.add(instance.model.id)
        if wanted.interrupting:
            del instance.open[wanted.key]
        self._pending.append((instance, inputs.MessageArrived(wanted.key, message.name, message.variables)))

    def _start_by_message(self, message: _Message) -> None:
        """Not while an instance that was started with the same key runs: the message waits for its end."""
        key = message.correlation_key
        for model, trigger in self._starts.of(StartKind.MESSAGE, message.name):
            if model.id in message.had or message.target_process not in (None, model.id):
                continue
            if message.target_element not in (None, trigger.element_id):
                continue
            if key and any(i.model.id == model.id and i.correlation_key == key and not i.end for i in self.instances):
                continue
            message.had.add(model.id)
            self._start_by(model, trigger, message.variables, key)

    def _start_by(
        self, model: ProcessModel, trigger: StartTrigger, variables: Mapping[str, Any], key: str = ""
    ) -> None:
        started = self._starts.started_by(model, trigger, variables, key)
        if started is not None:
            self._born(model, started, correlation_key=started.correlation_key)

    def _broadcast(self, name: str, variables: Mapping[str, Any], *, thrower: Instance | None = None) -> None:
        """The thrower has heard it already, in its own step."""
        for instance in [each for each in self.instances if each is not thrower]:
            for wanted in instance.signal_subscriptions:
                if wanted.signal_name != name:
                    continue
                if wanted.interrupting:
                    del instance.open[wanted.key]
                self._pending.append((instance, inputs.SignalArrived(wanted.key, name, variables)))
        for model, trigger in self._starts.of(StartKind.SIGNAL, name):
            self._start_by(model, trigger, variables)

    def _deliver_buffered(self, instance: Instance, wanted: fx.OpenMessageSubscription) -> None:
        self._messages = [each for each in self._messages if each.expires_at > self.now]
        for message in self._messages:
            if wanted.key in instance.open and (instance, wanted) in self._waiting_for(message):
                self._hand_over(message, instance, wanted)

    # --- the machine

    def _born(self, model: ProcessModel, started: inputs.Started, **fields: Any) -> Instance:
        instance = Instance((len(self.instances) + 1) * KEYS_PER_BLOCK, model, **fields)
        self.instances.append(instance)
        self._pending.append((instance, started))
        return instance

    def _give(self, instance: Instance, item: inputs.Input) -> None:
        self._pending.append((instance, item))
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
                if self._pending:
                    self._step(*self._pending.popleft())
                elif not self._run_one():
                    return
            raise AssertionError(f"Expected the instances to rest within {_TOO_MANY} steps")
        finally:
            self._is_settling = False

    def _step(self, instance: Instance, item: inputs.Input) -> None:
        if instance.end is not None:
            return
        done = instance.take(item, now=self.now)
        later = []
        for effect in done.effects:
            if isinstance(effect, fx.PublishMessage | fx.BroadcastSignal):
                later.append(effect)
            else:
                self._carry(instance, effect)
        for thrown in later:
            if isinstance(thrown, fx.BroadcastSignal):
                self._broadcast(thrown.name, thrown.variables, thrower=instance)
            else:
                expires = self.now + THROWN_MESSAGE_TTL
                message = _Message(
                    thrown.name,
                    thrown.correlation_key,
                    thrown.variables,
                    expires,
                    thrown.target_process,
                    thrown.target_element,
                    set(),
                )
                self._publish(message)

    def _carry(self, instance: Instance, effect: fx.Effect) -> None:
        match effect:
            case fx.StartChild():
                self._start_child(instance, effect)
            case fx.CancelChild():
                instance.open.pop(effect.key, None)
                for child in self.instances:
                    if child.parent is instance and child.parent_child_key == effect.key:
                        self._pending.append((child, inputs.Cancelled()))
            case fx.ChangeUserTask():
                self._change_user_task(instance, effect)
            case fx.EvaluateDecision():
                self._pending.append(
                    (instance, answers.of_decision(effect, self._decisions.get(effect.decision_id), now=self.now))
                )
            case fx.EscalateToParent():
                self._tell_parent(instance, lambda key: inputs.ChildEscalated(key, effect.code, effect.variables))
            case fx.EndInstance():
                self._end(instance, effect)
            case fx.OpenMessageSubscription():
                instance.open[effect.key] = effect
                self._deliver_buffered(instance, effect)
            case (
                fx.WithdrawJob()
                | fx.WithdrawUserTask()
                | fx.WithdrawTimer()
                | fx.WithdrawMessageSubscription()
                | fx.WithdrawSignalSubscription()
                | fx.WithdrawScript()
                | fx.CloseIncident()
            ):
                instance.open.pop(effect.key, None)
            case fx.PublishMessage() | fx.BroadcastSignal():
                raise AssertionError("Thrown after the other effects of the step")
            case _:
                instance.open[effect.key] = effect

    def _change_user_task(self, instance: Instance, effect: fx.ChangeUserTask) -> None:
        task = instance.open.get(effect.key)
        if effect.state is fx.UserTaskState.COMPLETED:
            instance.open.pop(effect.key, None)
        elif isinstance(task, fx.OpenUserTask):
            instance.open[effect.key] = replace(task, **effect.values)

    def _start_child(self, parent: Instance, effect: fx.StartChild) -> None:
        model = self._models.get(effect.process_id)
        if model is None:
            text = (
                f"Expected a deployed process '{effect.process_id}' for call activity '{effect.element_id}', found none"
            )
            self._pending.append((parent, inputs.ChildNotStarted(effect.key, text)))
            return
        parent.open[effect.key] = effect
        key = (len(self.instances) + 1) * KEYS_PER_BLOCK
        self._pending.append((parent, inputs.ChildStarted(effect.key, key)))
        started = inputs.Started(effect.variables, business_id=effect.business_id, called=True)
        self._born(model, started, parent=parent, parent_child_key=effect.key)

    def _end(self, instance: Instance, end: fx.EndInstance) -> None:
        instance.end = end
        match end.outcome:
            case fx.Outcome.COMPLETED:
                self._tell_parent(instance, lambda key: inputs.ChildCompleted(key, end.variables))
            case fx.Outcome.TERMINATED:
                self._tell_parent(instance, inputs.ChildTerminated)
            case fx.Outcome.ERROR:
                code, text = end.error_code or "", end.error_message
                self._tell_parent(instance, lambda key: inputs.ChildErrorThrown(key, code, text, end.variables))
        if instance.parent is not None and instance.parent_child_key is not None:
            instance.parent.open.pop(instance.parent_child_key, None)
        for message in self._messages:  # those that waited for the end of an instance with their key
            if message.expires_at > self.now and message.correlation_key == instance.correlation_key:
                self._start_by_message(message)

    def _tell_parent(self, instance: Instance, item: Callable[[int], inputs.Input]) -> None:
        key = instance.parent_child_key
        if instance.parent is not None and key is not None and key in instance.parent.open:
            self._pending.append((instance.parent, item(key)))

    # --- scripts and job functions

    def _run_one(self) -> bool:
        """The oldest script or job that can be run; False when there is none."""
        for instance in self.instances:
            failed = {incident.job for incident in instance.incidents}
            for effect in instance.open.values():
                if isinstance(effect, fx.RunScript):
                    self._run_script(instance, effect)
                    return True
                if isinstance(effect, fx.OpenJob) and effect.type in self._functions and effect.key not in failed:
                    self._run_job(instance, effect)
                    return True
        return False

    def _run_script(self, instance: Instance, effect: fx.RunScript) -> None:
        del instance.open[effect.key]
        self._pending.append((instance, answers.of_script(effect, now=self.now)))

    def _run_job(self, instance: Instance, job: fx.OpenJob) -> None:
        function = self._functions[job.type]
        attempt = self._attempts[job.key] = self._attempts.get(job.key, 0) + 1
        allowed = job.retries or (function.retries if isinstance(function, Handler) else 1)
        try:
            result = answers.of_function(function, instance, job, attempt)
        except BpmnError as error:
            del instance.open[job.key]
            answer: inputs.Input = inputs.JobErrorThrown(job.key, error.code, error.message, error.variables)
        except Exception as error:
            if attempt < allowed:
                return
            self._attempts[job.key] = 0
            answer = inputs.JobFailed(job.key, f"{type(error).__name__}: {error}")
        else:
            del instance.open[job.key]
            answer = inputs.JobCompleted(job.key, exact_json.checked_variables(dict(result or {})))
        self._pending.append((instance, answer))

    # --- the check at the end

    def check(self) -> None:
        """Replay every instance; one that has ended may leave nothing open. Raises AssertionError."""
        for instance in self.instances:
            instance.replay()
            if instance.end is not None and instance.open:
                raise AssertionError(
                    f"Expected nothing open after the end of '{instance.model.id}', found {instance.open}"
                )
