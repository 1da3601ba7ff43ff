"""Two versions of a file are compared: deployed ones by their key, a draft by its content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.actors import Actor
from engine.bpmn import differences as bpmn_differences
from engine.definitions.files import MAX_RESOURCE
from engine.differences import Difference
from engine.dmn import differences as dmn_differences
from engine.errors import InvalidArgument, PayloadTooLarge
from engine.forms import differences as form_differences
from engine.models import DraftKind
from engine.queries.definitions import resources
from engine.queries.search.view import View, text_or_none

_KINDS = {
    "bpmn": DraftKind.BPMN,
    "xml": DraftKind.BPMN,
    "dmn": DraftKind.DMN,
    "form": DraftKind.FORM,
    "json": DraftKind.FORM,
}
_BETWEEN: Mapping[DraftKind, Callable[[bytes, bytes], tuple[Difference, ...]]] = {
    DraftKind.BPMN: bpmn_differences.between,
    DraftKind.DMN: dmn_differences.between,
    DraftKind.FORM: form_differences.between,
}
_UNREADABLE = (
    bpmn_differences.UnreadableFileError,
    dmn_differences.UnreadableFileError,
    form_differences.UnreadableFormError,
)


class DifferenceView(View, frozen=True, kw_only=True):
    """A difference is one sentence about an element, a decision or a field of a form; `kind` is added, removed, changed or layout (what is
    only on the picture)."""

    element_id: str
    element_name: str | None
    kind: str
    property: str | None
    """The path of what is different in the model, such as job.retries; null where all of the element was added or removed."""
    before: str | None
    after: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version is a deployed file, by the key of what it defines, or any other file by its content and its kind (BPMN, DMN, FORM)."""

    resource_key: int | None = None
    content: str | None = None
    kind: str | None = None


def between(before: Version, after: Version, *, by: Actor) -> list[DifferenceView]:
    """Return what is different in the newer version. Raises InvalidArgument, NotFound, PayloadTooLarge."""
    by.require_modeler("compare versions")
    (old_kind, old), (new_kind, new) = _read(before, "before"), _read(after, "after")
    kinds = {kind for kind in (old_kind, new_kind) if kind is not None}
    if len(kinds) != 1:
        found = " and ".join(sorted(kinds)) or "none"
        raise InvalidArgument(
            f"Expected two files of one kind (BPMN, DMN or FORM), found {found}. Give 'kind' with a content."
        )
    try:
        return [_view(each) for each in _BETWEEN[kinds.pop()](old, new)]
    except _UNREADABLE as error:
        raise InvalidArgument(str(error)) from error


def _read(version: Version, name: str) -> tuple[DraftKind | None, bytes]:
    if (version.resource_key is None) == (version.content is None):
        raise InvalidArgument(f"Expected either a 'resourceKey' or a 'content' in '{name}'.")
    if version.kind is not None and version.kind not in DraftKind.values:
        raise InvalidArgument(
            f"Expected one of {', '.join(DraftKind.values)} as kind in '{name}', found '{version.kind[:40]}'."
        )
    given = None if version.kind is None else DraftKind(version.kind)
    if version.resource_key is not None:
        resource = resources.content(version.resource_key)
        return given or _KINDS.get(resource.name.lower().rpartition(".")[2]), bytes(resource.content)
    content = (version.content or "").encode()
    if len(content) > MAX_RESOURCE:
        raise PayloadTooLarge(f"Expected at most {MAX_RESOURCE} bytes of content in '{name}', found {len(content)}.")
    return given, content


def _view(found: Difference) -> DifferenceView:
    return DifferenceView(
        element_id=found.element_id,
        element_name=text_or_none(found.element_name),
        kind=str(found.kind),
        property=text_or_none(found.property),
        before=found.before,
        after=found.after,
        sentence=found.sentence,
    )
