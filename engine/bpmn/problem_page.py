"""`python -m engine.bpmn.problem_page > docs/problems.md` writes the table of rules as a page."""

from __future__ import annotations

from engine.bpmn.rule_table import GROUPS, Rule

_HEAD = """# Problems of a diagram

Written by `python -m engine.bpmn.problem_page` from the table in `engine/bpmn/rule_table.py`; a test compares the two.

An **error** stops a deployment, a **warning** does not. In a process that is not executable, errors only warn, but for those marked
"always". Where it says "warning for engines", a file that declares the namespace of an engine (zeebe, camunda, operaton,
flowable, activiti, spiffworkflow) or comes from one of their modelers is only warned, as these engines run such files, and
they run here; a file in the plain standard is held to it. A dangling reference that only describes (`incoming`, `flowNodeRef`, ...)
is treated alike. Clauses and tables are those of BPMN 2.0 (OMG formal/2011-01-03); a rule without one is Stepwell's own.
"""


def page() -> str:
    parts = [_HEAD]
    for title, rules in GROUPS.items():
        parts.append(f"\n## {title}\n\n| code | what is expected | clause | severity |\n| --- | --- | --- | --- |\n")
        parts.extend(_row(code, rule) for code, rule in rules.items())
    return "".join(parts)


def _row(code: str, rule: Rule) -> str:
    severity = rule.severity.value + (", always" if rule.always else ", warning for engines" if rule.tolerated else "")
    return f"| `{code}` | {rule.demand} | {rule.clause} | {severity} |\n"


if __name__ == "__main__":
    print(page(), end="")  # the page is this program's output
