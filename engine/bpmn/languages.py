"""A text in a diagram becomes a compiled Expression here: which language it is in, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from engine import feel
from engine.bpmn import python_expressions
from engine.bpmn.document import line_of, text_of
from engine.bpmn.expressions import Compiled, Expression, Language
from engine.bpmn.problems import Report
from engine.feel import FeelSyntaxError, juel

_EMBEDDED = re.compile(r"[$#]\{")


def language_named(name: str | None) -> Language | None:
    """Return the language that an expressionLanguage, language or scriptFormat attribute names; None for one that cannot be run."""
    if name is None:
        return None
    name = name.strip().lower()
    if "feel" in name or name.startswith(("https://www.omg.org/spec/dmn", "http://www.omg.org/spec/dmn")):
        return Language.FEEL
    if "python" in name:
        return Language.PYTHON
    if name in ("juel", "el", "uel") or "java.sun.com/products/jsp" in name or name.endswith("/juel"):
        return Language.JUEL
    return None


@dataclass(slots=True)
class Compiler:
    """The compiler compiles every expression of one file. A broken one becomes a problem of its element and a literal of its own text."""

    report: Report
    default: Language = Language.FEEL
    """The language of a formal expression that names none and does not begin with `=` or hold `${...}`."""
    names_xpath: bool = False
    """True where the file names XPath as its language: what is read as FEEL without saying so is worth a warning."""
    _cache: dict[tuple[Language, str], Compiled | FeelSyntaxError] = field(default_factory=dict)

    def formal(
        self, element: etree._Element | None, *, what: str, owner: etree._Element | None = None
    ) -> Expression | None:
        """Compile a condition, cardinality or other formal expression of the standard; None when it is missing or empty."""
        text = text_of(element)
        if element is None or not text:
            return None
        owner = element if owner is None else owner
        named = element.get("language")
        language = self.default if named is None else language_named(named)
        if language is None and not text.startswith("=") and not _EMBEDDED.search(text):
            self.report.add(
                "expression-language",
                f"The {what} is written in {named!r}, which cannot be run; write it in FEEL, beginning with '='",
                element=owner,
                line=line_of(element),
            )
            return None
        if self.names_xpath and named is None and not text.startswith("=") and not _EMBEDDED.search(text):
            self.report.add(
                "expression-read-as-feel",
                f"The {what} is read as FEEL, although the file names XPath; write it with '=' to say so",
                element=owner,
                line=line_of(element),
            )
        return self.expression(text, default=language or Language.FEEL, what=what, element=owner, line=line_of(element))

    def literal_or(self, text: str | None, *, what: str, element: etree._Element) -> Expression | None:
        """Compile a field of an extension: `=` begins FEEL, `${...}` is JUEL, anything else stands for itself; None when empty."""
        if text is None or not text.strip():
            return None
        return self.expression(text, default=Language.LITERAL, what=what, element=element)

    def expression(
        self, text: str, *, default: Language, what: str, element: etree._Element, line: int | None = None
    ) -> Expression:
        """Compile `text` in the language that its own signs tell, else in `default`."""
        line = line_of(element) if line is None else line
        stripped = text.strip()
        if stripped.startswith("=") and not (default is Language.PYTHON and stripped.startswith("==")):
            return self._compiled(stripped[1:], Language.FEEL, what=what, element=element, line=line)
        if _EMBEDDED.search(stripped) and default is not Language.PYTHON:
            return self._compiled(stripped, Language.JUEL, what=what, element=element, line=line)
        if default is Language.LITERAL:
            return Expression(stripped, Language.LITERAL, line)
        return self._compiled(stripped, default, what=what, element=element, line=line)

    def _compiled(
        self, source: str, language: Language, *, what: str, element: etree._Element, line: int
    ) -> Expression:
        source = source.strip()
        key = (language, source)
        compiled = self._cache.get(key)
        if compiled is None:
            compiled = self._cache[key] = _compile(source, language)
        if isinstance(compiled, FeelSyntaxError):
            self.report.add(
                "expression-syntax",
                f"The {what} is not a valid {language.value.upper()} expression: {compiled}. Source: {source}",
                element=element,
                line=line + compiled.line - 1,
            )
            return Expression(source, language, line)
        if isinstance(compiled, feel.Expression):
            self._check_functions(compiled, what=what, element=element, line=line)
        return Expression(source, language, line, compiled)

    def _check_functions(self, compiled: feel.Expression, *, what: str, element: etree._Element, line: int) -> None:
        """Report calls of functions that do not exist: variables are data, so nothing else can be meant."""
        for name, position in compiled.unknown_functions.items():
            self.report.add(
                "expression-function",
                f"The {what} calls what is no function: {feel.about_unknown(name)} ({position}). Source: {compiled.source}",
                element=element,
                line=line + position.line - 1,
            )


def _compile(source: str, language: Language) -> Compiled | FeelSyntaxError:
    try:
        return _FRONT_ENDS[language](source)
    except FeelSyntaxError as error:
        return error


_FRONT_ENDS: dict[Language, Callable[[str], Compiled]] = {
    Language.FEEL: feel.compile,
    Language.JUEL: juel.compile,
    Language.PYTHON: python_expressions.compile,
}
