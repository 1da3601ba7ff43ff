"""A diagram's XML becomes an immutable model of what it means, with problems that name the element.

definitions = parse(xml)
definitions.problems        # what is wrong, with code, element and line
definitions.processes["order"].nodes["check"]
"""

from engine.bpmn.parse import parse
from engine.bpmn.xml_text import FileLimits

__all__ = ["FileLimits", "parse"]
