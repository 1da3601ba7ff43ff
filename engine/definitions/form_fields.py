"""A form is looked through at its deployment: a component that would lose what a person gives it, or show nothing, is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import re2

from engine.bpmn.model import Problem, Severity

MAX_DEPTH = 20
"""Groups and lists may lie in each other 20 deep; a form with deeper ones is refused."""
MAX_COMPONENTS = 2_000
"""A form may have so many components; one with more is refused."""

_CANNOT_WORK: Mapping[str, tuple[str, str]] = {
    "filepicker": (
        "form_filepicker",
        "a file that is picked would be lost, for documents are not kept yet. Ask for the address of the document in a text field.",
    ),
    "iframe": (
        "form_iframe",
        "the pages' content security policy shows no other page inside them. Put a link into a text view.",
    ),
    "documentPreview": (
        "form_document_preview",
        "there are no documents to show, for they are not kept yet. Put a link into a text view.",
    ),
}
"""Types of components by what is wrong with them: a problem's code, and why with what to do."""
_SHOWN = frozenset(
    {
        *(
            "textfield",
            "textarea",
            "number",
            "datetime",
            "expression",
            "checkbox",
            "checklist",
            "radio",
            "select",
            "taglist",
        ),
        *("text", "image", "table", "html", "spacer", "separator", "group", "dynamiclist", "button"),
    }
)
"""The types of components that form-js 1.23 shows and that work here."""


def problems(schema: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with a form; the first that makes it too large is the last."""
    form = str(schema.get("id"))
    waiting: list[tuple[Any, int]] = [(each, 0) for each in reversed(schema["components"])]
    count = 0
    while waiting:
        component, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_COMPONENTS:
            yield _problem(
                "form_size",
                f"Expected at most {MAX_COMPONENTS} components in form '{form}', groups and lists at most {MAX_DEPTH} deep. "
                "Divide the form.",
            )
            return
        if not isinstance(component, Mapping):
            yield _problem("form_schema", f"Expected an object for each component of form '{form}'.")
            continue
        yield from _of(component, form)
        below = component.get("components")
        waiting += [(each, depth + 1) for each in reversed(below)] if isinstance(below, list) else []


def _of(component: Mapping[str, Any], form: str) -> Iterator[Problem]:
    kind = component.get("type")
    name = component.get("key") or component.get("label") or component.get("id") or "without a name"
    if isinstance(kind, str) and kind in _CANNOT_WORK:
        code, why = _CANNOT_WORK[kind]
        yield _problem(code, f"Expected no {kind} in form '{form}', found '{name}': {why}", component)
    elif kind not in _SHOWN:
        message = f"Expected a component that form-js 1.23 has in form '{form}', found '{name}' of type '{kind}': the form cannot be shown."
        yield _problem("form_component", message, component, severity=Severity.WARNING)
    rules = component.get("validate")
    pattern = rules.get("pattern") if isinstance(rules, Mapping) else None
    if isinstance(pattern, str) and pattern and not _is_known(pattern):
        message = (
            f"Expected a pattern that RE2 knows at '{name}' of form '{form}', found {pattern}: the browser checks it, "
            "the server does not."
        )
        yield _problem("form_pattern", message, component, severity=Severity.WARNING)


def _is_known(pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error:
        return False
    return True


def _problem(
    code: str, message: str, component: Mapping[str, Any] | None = None, *, severity: Severity = Severity.ERROR
) -> Problem:
    component = component or {}
    found = {name: component.get(name) for name in ("id", "label")}
    element_id, label = (value if isinstance(value, str) else None for value in found.values())
    return Problem(code, message, severity=severity, element_id=element_id, element_name=label)
