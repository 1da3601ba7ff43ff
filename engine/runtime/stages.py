"""An element instance lives in stages, each run by `processors.STAGES` when the machine comes to it in its queue."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """A stage says what an element instance does next. An incident keeps the stage that resolving it runs again, so the texts are
    stored.
    """

    ACTIVATE = "activate"
    """Its data and inputs are set and its start listeners asked. Goes on to EXECUTE: at once, or when the last listener's job is done."""
    EXECUTE = "execute"
    """Its boundary events are opened and its processor runs. Goes on to COMPLETE when the processor has, or is given, what it waits for."""
    EXECUTE_AGAIN = "execute_again"
    """Its processor runs once more, after an operator has resolved what failed outside. Goes on as EXECUTE does."""
    COMPLETE = "complete"
    """Its end listeners are asked. Goes on to FINISH: at once, or when the last listener's job is done."""
    FINISH = "finish"
    """Its outputs are mapped and its outgoing flows taken. It is gone after that; its scope is looked at (DRAINED)."""
    DRAINED = "drained"
    """Nothing moves or waits in it: a scope goes on to COMPLETE, unless something in it is still to begin or to be undone."""
    INNER_COMPLETED = "inner_completed"
    """An activity in an ad-hoc sub-process has completed. The completion condition goes on to DRAINED, or lets the rest run."""
    INSTANCE_COMPLETED = "instance_completed"
    """An instance of a multi-instance activity is gone. The body starts the next one, or goes on to COMPLETE."""
    THROW = "throw"
    """The next definition of a throw event is thrown. Goes on to COMPLETE after the last one."""
    UNDO_NEXT = "undo_next"
    """A handler of compensation is gone. Starts the next one, or goes on to UNDONE."""
    UNDONE = "undone"
    """All that it had to compensate is undone. A throw event goes on to THROW, a sub-process to COMPLETE, a transaction leaves."""
    TASK_LISTENER = "task_listener"
    """The next task listener of a user task is asked. After the last one the change that they listen to happens."""
    LAST_WORDS = "last_words"
    """A cancelled user task asks its listeners of that, without a say in it. It is gone after the last one."""
