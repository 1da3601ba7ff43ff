"""Messages and signals reach instances in memory here, as `engine.transition.correlation` does it with rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.runtime import correlating, inputs
from engine.runtime import effects as fx
from engine.runtime.correlating import Addressed, Awaiting
from engine.runtime.instantiation import StartKind
from engine.testing.instance import Instance
from engine.testing.world import World


@dataclass(eq=False)
class Message:
    """A message lives until `expires_at`; before, it may reach one instance of each process that did not have it."""

    to: Addressed
    variables: Mapping[str, Any]
    expires_at: datetime
    had: set[str] = field(default_factory=set)
    """Ids of the processes in which an instance got it."""


@dataclass(eq=False)
class Messages:
    """The messages of an engine in memory: brings messages and signals to those who wait for them, and keeps messages as long as
    they live.
    """

    world: World
    kept: list[Message] = field(default_factory=list)

    def publish(self, message: Message) -> None:
        """Bring a message to one waiting instance of each process, or start one where a process begins with it."""
        for instance, subscription in self._receivers(message):
            self._hand_over(message, instance, subscription)
        self._start_by(message)
        self.kept.append(message)

    def deliver_kept(self, instance: Instance, subscriptions: Sequence[fx.OpenMessageSubscription]) -> None:
        """Bring messages that were published before to subscriptions that an instance has just opened."""
        self.kept = [each for each in self.kept if each.expires_at > self.world.now]
        for wanted in subscriptions:
            for message in self.kept:
                if wanted.key in instance.open and (instance, wanted) in self._receivers(message):
                    self._hand_over(message, instance, wanted)

    def let_start(self, correlation_key: str) -> None:
        """Let messages with this correlation key start their next instance, since the one before has ended."""
        for message in self.kept:
            if message.expires_at > self.world.now and message.to.correlation_key == correlation_key:
                self._start_by(message)

    def broadcast(self, name: str, variables: Mapping[str, Any], *, thrower: Instance | None = None) -> None:
        """Bring a signal to all who wait for it, and start an instance of every process that begins with it. The thrower is left
        out: it has taken the signal up in its own step.
        """
        for instance in [each for each in self.world.instances if each is not thrower]:
            for wanted in instance.signal_subscriptions:
                if wanted.signal_name != name:
                    continue
                if wanted.interrupting:
                    del instance.open[wanted.key]
                self.world.give(instance, inputs.SignalArrived(wanted.key, name, variables))
        for model, trigger in self.world.starts.of(StartKind.SIGNAL, name):
            self.world.begin_by(model, trigger, variables)

    def key_of_payload(self, name: str, variables: Mapping[str, Any]) -> str:
        """Return the correlation key that a message has by its variables alone; see `correlating.key_of_payload`."""
        running = [each.model for each in self.world.instances if each.end is None]
        models = [*running, *self.world.models.values()]
        found = (correlating.key_of_payload(model, name, variables, now=self.world.now) for model in models)
        return next((key for key in found if key), "")

    def _receivers(self, message: Message) -> list[tuple[Instance, fx.OpenMessageSubscription]]:
        """Return the subscriptions that may get the message, the oldest first."""
        open_ = {
            wanted.key: (instance, wanted)
            for instance in self.world.instances
            for wanted in instance.message_subscriptions
        }
        awaiting = [_awaiting(*each) for each in open_.values()]
        return [open_[each.key] for each in correlating.receivers(message.to, awaiting)]

    def _hand_over(self, message: Message, instance: Instance, wanted: fx.OpenMessageSubscription) -> None:
        if instance.model.id in message.had:
            return
        message.had.add(instance.model.id)
        if wanted.interrupting:
            del instance.open[wanted.key]
        self.world.give(instance, inputs.MessageArrived(wanted.key, message.to.name, message.variables))

    def _start_by(self, message: Message) -> None:
        """Start instances by the message, except while an instance that was started with the same key runs: the message waits for
        its end.
        """
        key = message.to.correlation_key
        for model, trigger in self.world.starts.of(StartKind.MESSAGE, message.to.name):
            if model.id in message.had or not message.to.is_for(model.id, trigger.element_id):
                continue
            if key and self._is_running(model.id, key):
                continue
            message.had.add(model.id)
            self.world.begin_by(model, trigger, message.variables, key)

    def _is_running(self, process_id: str, key: str) -> bool:
        return any(
            each.model.id == process_id and each.correlation_key == key and each.end is None
            for each in self.world.instances
        )


def _awaiting(instance: Instance, wanted: fx.OpenMessageSubscription) -> Awaiting:
    return Awaiting(
        wanted.key,
        instance.key,
        instance.model.id,
        wanted.element_id,
        wanted.message_name,
        wanted.correlation_key,
        wanted.flow_end,
    )
