"""A file may ask for things beside its own elements (BPMN 2.0, 8.2): other files, and extensions that must be understood."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import BPMN, flag
from engine.bpmn.rules.context import Context


def check(context: Context) -> None:
    """Report imports of diagrams and extensions without which the file means something else."""
    for found in context.document.tagged("import"):
        _check_import(context, found)
    for found in context.document.tagged("extension"):
        if flag(found, "mustUnderstand"):
            context.problem(
                "extension-required",
                f"The extension {found.get('definition')!r} must be understood (mustUnderstand), and it is not; expected a file that means "
                "the same without it",
                found,
            )


def _check_import(context: Context, found: etree._Element) -> None:
    if found.get("importType") == BPMN:
        context.problem(
            "import-unread",
            f"The imported file {found.get('location')!r} is not read; what this file uses of it must stand here, and a called process is "
            "deployed by itself",
            found,
        )
