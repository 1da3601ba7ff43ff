"""The bytes of an XML file become a tree here, without trust: no entities, no other files, within limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from engine.bpmn.problems import Report

_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16"})
"""In these encodings the search for a document type cannot be fooled, after UTF-16 has been decoded."""
_DECLARED_ENCODING = re.compile(rb"^<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,40})[\"']")
_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_LATE_DECLARATION = re.compile(r"\s+<\?xml\s")
"""Some files have their declaration after white space, which XML does not allow; what counts is the encoding, and the numbers of the
lines."""
_BROKEN_NAMESPACE = re.compile(r"(?P<name>xmlns[\w:.\-]*): '(?P<uri>.*)' is not a valid URI")
_NAMESPACES = 20
"""So many namespaces are mended in one file; a file with more of them that are broken is not well-formed."""
_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """One file may hold so much; a larger one is a problem. `nesting` counts sub-processes within each other; `markup` counts opening
    angle brackets."""

    size: int = 10 * 1024 * 1024
    flow_nodes: int = 10_000
    nesting: int = 50
    markup: int = 1_500_000


def tree_of(xml: bytes, *, report: Report, limits: FileLimits) -> etree._Element | None:
    """Return the root of the file; None after a problem.

    Document types are refused altogether: nothing in BPMN needs one, and entities are the door to bombs and to other files.
    """
    text = _checked_bytes(xml, report=report, limits=limits)
    root = None if text is None else _tree(text, report=report)
    if root is not None and root.getroottree().docinfo.internalDTD is not None:
        report.add("xml-document-type", "A document type (<!DOCTYPE ...>) is not allowed; remove it", line=1)
        return None
    return root


def _tree(text: bytes, *, report: Report) -> etree._Element | None:
    """Parse the text. A namespace that is no URI, as one with a blank in it, is mended in what is read; the file itself stays."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    for attempt in range(_NAMESPACES + 1):
        try:
            return etree.fromstring(text, parser)
        except etree.XMLSyntaxError as error:
            mended = None if attempt == _NAMESPACES else _with_namespace(text, error, report=report)
            if mended is None:
                code = "xml-too-deep" if "depth" in str(error) else "xml-malformed"
                report.add(code, f"The file is not well-formed XML: {error.msg}", line=error.lineno)
                return None
            text = mended
    return None


def _with_namespace(text: bytes, error: etree.XMLSyntaxError, *, report: Report) -> bytes | None:
    """Return the text with the namespace mended that the error speaks of; None where it speaks of something else."""
    found = _BROKEN_NAMESPACE.match(error.msg or "")
    if found is None:
        return None
    name, uri = found.group("name", "uri")
    mended = "%20".join(uri.split())
    written = re.escape(uri).replace("\\ ", r"\s")  # in an attribute, a line break is read as a blank
    declaration = re.compile(rf"({re.escape(name)}\s*=\s*[\"']){written}(?=[\"'])".encode())
    text, count = declaration.subn(lambda place: place.group(1) + mended.encode(), text)
    if not count or mended == uri:
        return None
    report.add(
        "namespace-invalid",
        f"The namespace {uri!r} of {name} has a blank in it; it is read as {mended!r}",
        line=error.lineno,
    )
    return text


def _checked_bytes(xml: bytes, *, report: Report, limits: FileLimits) -> bytes | None:
    if len(xml) > limits.size:
        report.add("file-too-large", f"The file has {len(xml):,} bytes; at most {limits.size:,} are accepted")
        return None
    declared = _DECLARED_ENCODING.match(xml.removeprefix(b"\xef\xbb\xbf").lstrip())
    encoding = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if xml[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    if encoding not in _ENCODINGS:
        report.add("xml-encoding", f"The encoding {encoding!r} is not accepted; save the file as UTF-8", line=1)
        return None
    try:
        text = xml.decode("utf-8-sig" if encoding in ("utf-8", "utf8") else encoding)
    except UnicodeDecodeError as error:
        line = xml.count(b"\n", 0, error.start) + 1
        report.add(
            "xml-encoding", f"Byte {error.start} is not valid {encoding.upper()}; save the file as UTF-8", line=line
        )
        return None
    if encoding == "utf-16" or _LATE_DECLARATION.match(text):
        xml = _DECLARATION.sub(lambda found: "\n" * found.group().count("\n"), text, count=1).encode()
    xml = xml.removeprefix(b"\xef\xbb\xbf")
    if not xml.strip():
        report.add("xml-malformed", "The file is empty; expected a BPMN 2.0 XML document", line=1)
        return None
    prolog = _PROLOG.match(xml)
    if prolog is not None and xml[prolog.end() : prolog.end() + 9].upper() == b"<!DOCTYPE":
        line = xml.count(b"\n", 0, prolog.end()) + 1
        report.add("xml-document-type", "A document type (<!DOCTYPE ...>) is not allowed; remove it", line=line)
        return None
    if xml.count(b"<") > limits.markup:
        report.add("too-many-elements", f"The file has more than {limits.markup:,} tags; split it into several files")
        return None
    return xml
