"""This module has the command that resolves an incident."""

from __future__ import annotations

from django.db import transaction

from engine import clock, definitions
from engine.actors import Actor
from engine.errors import Conflict, NotFound
from engine.models import Incident, IncidentStatus, Job, JobStatus, PendingInput, UserTask
from engine.runtime import inputs
from engine.runtime.effects import IncidentType
from engine.transition import advance
from engine.transition.advance import Guard


def resolve(key: int, *, by: Actor, guard: Guard | None = None) -> None:
    """Resolve an incident: what failed is tried again, with the variables as they are now, and raises a new incident if it fails
    again.

    The transaction of the change calls `guard`; when it returns False, nothing is changed. Raises NotFound, and Conflict for an
    incident that is resolved already.
    """
    by.require_operator("resolve incidents")
    incident = require(key)
    if incident.status != IncidentStatus.ACTIVE:
        raise Conflict(f"Expected incident {key} to be active; it was resolved by '{incident.resolved_by}'.")
    if not incident.in_state:
        _resolve_outside_of_state(incident, by=by, guard=guard)
        return
    advance.ask(
        incident.instance_key,
        inputs.IncidentResolved(key),
        by=by.username,
        guard=lambda: (guard is None or guard()) and _still_active(key) and _make_job_ready(incident),
    )


def require(key: int) -> Incident:
    """Return an incident. Raises NotFound."""
    incident = Incident.objects.filter(key=key).first()
    if incident is None:
        raise NotFound(f"Expected an incident with the key {key}, found none.")
    return incident


def _still_active(key: int) -> bool:
    """Lock the incident's row and return whether it is active: a second resolution of the same incident changes nothing."""
    return Incident.objects.select_for_update().filter(key=key, status=IncidentStatus.ACTIVE).exists()


def _make_job_ready(incident: Incident) -> bool:
    """Give the job one more attempt, unless someone has given it more of them."""
    if incident.job_key is not None:
        jobs = Job.objects.filter(key=incident.job_key, status=JobStatus.FAILED)
        jobs.filter(retries=0).update(retries=1)
        jobs.update(status=JobStatus.CREATED, available_at=clock.now(), incident_key=None)
    return True


def _resolve_outside_of_state(incident: Incident, *, by: Actor, guard: Guard | None) -> None:
    with transaction.atomic(durable=True):
        if (guard is not None and not guard()) or not _still_active(incident.key):
            return
        if incident.type == IncidentType.FORM_NOT_FOUND:
            _find_form(incident)
        PendingInput.objects.filter(incident_key=incident.key).update(incident_key=None, tries=0)
        Incident.objects.filter(key=incident.key).update(
            status=IncidentStatus.RESOLVED, resolved_at=clock.now(), resolved_by=by.username
        )
    advance.advance(incident.instance_key)


def _find_form(incident: Incident) -> None:
    """Look again for the form of a user task that has none. Raises Conflict when there is still none."""
    node = definitions.model_of(incident.definition_key).nodes[incident.element_id]
    reference = node.user_task.form if node.user_task else None
    if reference is None or reference.form_id is None:
        return
    form = definitions.find_form(
        reference.form_id,
        binding=reference.binding,
        version_tag=reference.version_tag,
        caller=incident.definition_key,
    )
    if form is None:
        raise Conflict(f"Expected a deployed form '{reference.form_id}', found none. Deploy it first.")
    UserTask.objects.filter(element_instance_key=incident.element_instance_key).update(form=form)
