"""There is one way in: the bytes of a BPMN file become its Definitions, with every problem that was found."""

from __future__ import annotations

from engine.bpmn import rules, schema
from engine.bpmn.dialects import speaks_dialect, spiffworkflow
from engine.bpmn.document import GLOBAL_TASK_TAGS, Document, child, read
from engine.bpmn.expressions import Language
from engine.bpmn.languages import Compiler, language_named
from engine.bpmn.model import Definitions, ProcessModel
from engine.bpmn.problems import Report
from engine.bpmn.reading.flow_ids import with_flow_ids
from engine.bpmn.reading.processes import read_global_task, read_process
from engine.bpmn.reading.source import Source
from engine.bpmn.xml_text import FileLimits


def parse(xml: bytes, *, resource_name: str = "", limits: FileLimits | None = None) -> Definitions:
    """Read a BPMN 2.0 file. Never raises for what the file holds: `problems` says what is wrong, where, and what is expected.

    `resource_name` names the file in the problems of a file that cannot be read at all.
    """
    report = Report(resource_name=resource_name)
    document = read(xml, report=report, limits=limits or FileLimits())
    if document is None:
        return Definitions(id="", target_namespace="", processes={}, problems=report.sorted())
    report.for_engine = speaks_dialect(document.root)
    schema.check(document, report=report)
    document = with_flow_ids(document, report=report)
    rules.check(document, report=report)
    processes = _processes(document, report=report)
    return Definitions(
        id=document.root.get("id", ""),
        target_namespace=document.root.get("targetNamespace", ""),
        processes=processes,
        problems=report.sorted(),
    )


def _processes(document: Document, *, report: Report) -> dict[str, ProcessModel]:
    names_xpath = "xpath" in document.root.get("expressionLanguage", "").lower()
    source = Source(document, Compiler(report, default=_default_language(document), names_xpath=names_xpath), report)
    _read_all_extensions(source)
    models = [read_process(source, element) for element in document.tagged("process")]
    models += [read_global_task(source, element) for element in document.tagged(*sorted(GLOBAL_TASK_TAGS))]
    return {model.id: model for model in models}


def _read_all_extensions(source: Source) -> None:
    """Look at the extensions of every element, also where the model has no use for them, so that none is ignored in silence."""
    for elements in source.document.by_tag.values():
        for element in elements:
            if child(element, "extensionElements") is not None or any(str(name)[0] == "{" for name in element.attrib):
                source.extensions(element)


def _default_language(document: Document) -> Language:
    """Return the expressionLanguage of the file. Its default by the standard is XPath, which tools write without meaning it: FEEL stands
    for it."""
    named = language_named(document.root.get("expressionLanguage"))
    if named is not None:
        return named
    return Language.PYTHON if spiffworkflow.NAMESPACE in document.root.nsmap.values() else Language.FEEL
