"""Two versions of a diagram differ, and each difference is a sentence with both values.

for difference in between(old, new):
    difference.sentence     # "Wait waits 90 days instead of 10."
"""

from __future__ import annotations

from engine.bpmn.differences.models import elements_of, model_differences, names_of, renamed_processes
from engine.bpmn.differences.picture import picture_differences
from engine.bpmn.differences.remainder import remaining_differences
from engine.bpmn.document import Document, read
from engine.bpmn.parse import parse
from engine.bpmn.problems import Report
from engine.bpmn.xml_text import FileLimits
from engine.differences import Difference

__all__ = ["UnreadableFileError", "between"]


class UnreadableFileError(ValueError):
    """A file cannot be compared, as it is no BPMN file at all; the text says why."""


def between(before: bytes, after: bytes, *, limits: FileLimits | None = None) -> tuple[Difference, ...]:
    """Return what is different in the newer file: what the engine does otherwise first, then what it does not read, such as
    documentation and annotations, and last the picture. Files with mistakes are compared as far as they can be read.

    Raises UnreadableFileError.
    """
    limits = limits or FileLimits()
    old_document, new_document = _document(before, "older", limits), _document(after, "newer", limits)
    old_file, new_file = parse(before, limits=limits), parse(after, limits=limits)
    renamed = renamed_processes(old_file, new_file)
    old, new = elements_of(old_file, renamed=renamed), elements_of(new_file)
    names = names_of(old, new)
    found = list(model_differences(old, new, names=names))
    found += remaining_differences(
        old_document, new_document, said=frozenset(each.element_id for each in found), names=names, renamed=renamed
    )
    found += picture_differences(old_document, new_document, names=names, renamed=renamed)
    return tuple(found)


def _document(xml: bytes, which: str, limits: FileLimits) -> Document:
    report = Report()
    document = read(xml, report=report, limits=limits)
    if document is None:
        raise UnreadableFileError(f"Expected a BPMN file as the {which} version. {report.sorted()[0].message}.")
    return document
