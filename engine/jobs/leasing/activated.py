"""Leased jobs get the variables that their elements see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import definitions, handlers
from engine.models import Job
from engine.postgres import large_values, statements
from engine.runtime import State, visible_variables
from engine.transition.rows.job_rows import LeasedJob


@dataclass(frozen=True, slots=True)
class ActivatedJob:
    """An activated job is a leased job, with the variables that its element sees."""

    job: Job
    variables: Mapping[str, Any]

    @property
    def version(self) -> int:
        """Return the version of the job's process."""
        return definitions.known(self.job.definition_key).version


def with_variables(found: Sequence[Job], *, fetch: Iterable[str] | None) -> list[ActivatedJob]:
    """Pair the jobs with the variables that their elements see, or with those named in `fetch`; one read for all."""
    states = _states({job.instance_id for job in found})
    return [ActivatedJob(job, _seen(job, states, fetch)) for job in found]


def with_handlers_variables(found: Sequence[LeasedJob]) -> list[ActivatedJob]:
    """Pair the jobs with the variables that their handlers want, in the same order; one read for all that still have to be read."""
    states = _states({each.job.instance_id for each in found if each.variables is None})
    return [
        ActivatedJob(
            each.job,
            _seen(each.job, states, handlers.settings_of(each.job.type).fetch)
            if each.variables is None
            else each.variables,
        )
        for each in found
    ]


def wanted(variables: Mapping[str, Any], fetch: Iterable[str] | None) -> dict[str, Any]:
    """Return the variables that `fetch` names; all of them when it is None."""
    if fetch is None:
        return dict(variables)
    return {name: variables[name] for name in dict.fromkeys(fetch) if name in variables}


def _states(instance_keys: set[int]) -> dict[int, State]:
    if not instance_keys:
        return {}
    rows = statements.rows(
        "SELECT instance_key, data::text FROM engine_instancestate"
        " WHERE instance_key = ANY(%s::bigint[]) AND data IS NOT NULL",
        [list(instance_keys)],
    )
    return {key: State.from_json(large_values.decode(data)) for key, data in rows}


def _seen(job: Job, states: Mapping[int, State], fetch: Iterable[str] | None) -> dict[str, Any]:
    state = states.get(job.instance_id)  # None: it ended since; the answer will be refused
    return {} if state is None else wanted(visible_variables(state, job.element_instance_key), fetch)
