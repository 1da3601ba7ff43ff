"""Each dialect of BPMN's extensions is read into the same `Extensions` before anything else looks at them."""

from __future__ import annotations

from collections.abc import Collection

from lxml import etree

from engine.bpmn.dialects import camunda, spiffworkflow, zeebe
from engine.bpmn.dialects.extensions import NONE, Extensions, LoopData
from engine.bpmn.document import child
from engine.bpmn.languages import Compiler

__all__ = ["Extensions", "LoopData", "extensions_of", "speaks", "speaks_dialect"]

_READERS = {
    zeebe.NAMESPACE: zeebe.read,
    **dict.fromkeys(camunda.NAMESPACES, camunda.read),
    spiffworkflow.NAMESPACE: spiffworkflow.read,
}


_MODELER = "http://camunda.org/schema/modeler/1.0"
"""Camunda's modeler says in this namespace which engine a file is for."""


_EXPORTERS = ("camunda", "zeebe", "flowable", "activiti")
"""An exporter whose name holds one of these draws for that engine, also where a file needs nothing of its namespace."""


def extensions_of(element: etree._Element, *, compiler: Compiler) -> Extensions:
    """Return what the extension attributes and elements of `element` say; with several dialects on one element, zeebe is heard first."""
    spoken = {_namespace(name) for name in element.attrib if str(name)[0] == "{"}
    container = child(element, "extensionElements")
    if container is not None:
        spoken.update(_namespace(extension.tag) for extension in container if isinstance(extension.tag, str))
    found = NONE
    for namespace, read in _READERS.items():
        if namespace in spoken:
            found = found.merged(read(element, container, namespace=namespace, compiler=compiler))
    return found


def speaks_dialect(root: etree._Element) -> bool:
    """Say whether the file declares the namespace of an engine or comes from its modeler, so that it is written for one and not in the
    plain standard."""
    exporter = root.get("exporter", "").lower()
    return speaks(root, (*_READERS, _MODELER)) or any(name in exporter for name in _EXPORTERS)


def speaks(root: etree._Element, namespaces: Collection[str]) -> bool:
    """Say whether the file declares one of these namespaces."""
    return any(namespace in namespaces for namespace in root.nsmap.values())


def _namespace(name: str | bytes) -> str:
    return str(name)[1:].partition("}")[0]
