"""These rules are about inputs and outputs of activities, processes and events, and the sets that they stand in (BPMN 2.0, 10.3.1)."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from engine.bpmn.document import CATCH_EVENT_TAGS, EVENT_TAGS, SUB_PROCESS_TAGS, children, name_of, reference_texts
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context


def check(context: Context) -> None:
    """Report broken rules of input and output sets."""
    for specification in context.document.tagged("ioSpecification"):
        _check_specification(context, specification)
    for event in context.document.tagged(*sorted(EVENT_TAGS)):
        _check_event_sets(context, event)


def _check_specification(context: Context, specification: etree._Element) -> None:
    """Every input and output belongs to a set; sets name each other mutually (tables 10.57 to 10.62)."""
    owner = specification.getparent()
    name = label(owner) if owner is not None else "the file"
    if owner is not None and name_of(owner) in SUB_PROCESS_TAGS:
        context.problem(
            "io-sub-process",
            f"The sub-process {name} has an ioSpecification; it works on the data around it, so it has no data inputs and outputs",
            specification,
        )
    for kind in ("input", "output"):
        sets = list(children(specification, f"{kind}Set"))
        if not sets:
            context.problem(
                "io-set-missing",
                f"The ioSpecification of {name} has no {kind}Set; expected at least one, which may be empty",
                specification,
            )
        listed = {text for found in sets for text in reference_texts(found, f"data{kind.title()}Refs")}
        for data in children(specification, f"data{kind.title()}"):
            if sets and data.get("id") not in listed:
                context.problem(
                    "io-set-incomplete", f"The data {kind} {label(data)} of {name} is in no {kind}Set", data
                )
        other = "output" if kind == "input" else "input"
        backward = {
            found.get("id"): set(reference_texts(found, f"{kind}SetRefs"))
            for found in children(specification, f"{other}Set")
        }
        for found in sets:
            _check_set(context, specification, found, kind, backward=backward)


def _check_event_sets(context: Context, event: etree._Element) -> None:
    """An event may say its data in a set of its own, and then it lists all of it (tables 10.86, 10.87)."""
    kind = "output" if name_of(event) in CATCH_EVENT_TAGS else "input"
    sets = list(children(event, f"{kind}Set"))
    listed = {text for found in sets for text in reference_texts(found, f"data{kind.title()}Refs")}
    for data in children(event, f"data{kind.title()}"):
        if sets and data.get("id") not in listed:
            context.problem(
                "io-set-incomplete", f"The data {kind} {label(data)} of {label(event)} is in no {kind}Set", data
            )
    for found in sets:
        _check_set(context, event, found, kind, backward={})


def _check_set(
    context: Context,
    specification: etree._Element,
    found: etree._Element,
    kind: str,
    *,
    backward: Mapping[str | None, set[str]],
) -> None:
    """Check one set. `backward` gives for each set of the other kind the sets of this kind that it names."""
    other = "output" if kind == "input" else "input"
    own = set(reference_texts(found, f"data{kind.title()}Refs"))
    for subset in (f"optional{kind.title()}Refs", f"whileExecuting{kind.title()}Refs"):
        for text in reference_texts(found, subset):
            if text not in own:
                context.problem(
                    "io-set-subset",
                    f"{subset} of {label(found)} names {text!r}, which is not among its data{kind.title()}Refs",
                    found,
                )
    for text in own:
        data = context.document.find_tagged(text, f"data{kind.title()}")
        if data is not None and data.getparent() is not specification:
            context.problem(
                "io-set-foreign",
                f"The {kind}Set {label(found)} names {text!r}, which belongs to another element",
                found,
            )
    for text in reference_texts(found, f"{other}SetRefs"):
        target = context.document.find_tagged(text, f"{other}Set")
        if target is not None and found.get("id") not in backward.get(text, ()):
            context.problem(
                "io-set-one-sided",
                f"{label(found)} names the {other}Set {text!r}, which does not name it back in {kind}SetRefs",
                found,
            )
