"""Small decision models, written by their parts."""

from __future__ import annotations

from xml.sax.saxutils import escape

NAMESPACE = "https://stepwell.test/model"


def definitions(*parts: str, namespace: str = NAMESPACE, attributes: str = "") -> str:
    return (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="d" name="Test" namespace="{namespace}" '
        f"{attributes}>{''.join(parts)}</definitions>"
    )


def literal(text: str, type_ref: str = "") -> str:
    return f"<literalExpression{_typed(type_ref)}><text>{escape(text)}</text></literalExpression>"


def data(name: str, type_ref: str = "") -> str:
    return f'<inputData id="{_id(name)}" name="{name}"><variable name="{name}"{_typed(type_ref)}/></inputData>'


def decision(name: str, logic: str, *requires: str, type_ref: str = "") -> str:
    return (
        f'<decision id="{_id(name)}" name="{name}"><variable name="{name}"{_typed(type_ref)}/>'
        f"{''.join(map(requirement, requires))}{logic}</decision>"
    )


def requirement(what: str) -> str:
    """`input:x`, `decision:x` or `knowledge:x`, x a name or an href."""
    kind, _, name = what.partition(":")
    href = name if "#" in name else f"#{_id(name)}"
    if kind == "knowledge":
        return f'<knowledgeRequirement><requiredKnowledge href="{href}"/></knowledgeRequirement>'
    tag = "requiredInput" if kind == "input" else "requiredDecision"
    return f'<informationRequirement><{tag} href="{href}"/></informationRequirement>'


def knowledge(name: str, parameters: str, body: str, *requires: str, type_ref: str = "", kind: str = "") -> str:
    """`parameters`: `x:number y` by blank."""
    return (
        f'<businessKnowledgeModel id="{_id(name)}" name="{name}"><variable name="{name}"{_typed(type_ref)}/>'
        f"<encapsulatedLogic{kind}>{formal(parameters)}{body}</encapsulatedLogic>"
        f"{''.join(map(requirement, requires))}</businessKnowledgeModel>"
    )


def formal(parameters: str) -> str:
    pairs = (parameter.partition(":") for parameter in parameters.split())
    return "".join(f'<formalParameter name="{name}"{_typed(type_ref)}/>' for name, _, type_ref in pairs)


def table(inputs: str, outputs: str, *rules: str, policy: str = "UNIQUE", aggregation: str = "") -> str:
    """`inputs`: `x:number{allowed}` by ";"; `outputs`: `y:string{allowed}=default` by ";"; a rule: `entry | entry => output | output`."""
    columns = "".join(map(_input, filter(None, inputs.split(";"))))
    results = "".join(map(_output, outputs.split(";")))
    aggregates = f' aggregation="{aggregation}"' if aggregation else ""
    lines = "".join(_rule(number, rule) for number, rule in enumerate(rules, start=1))
    return f'<decisionTable hitPolicy="{policy}"{aggregates}>{columns}{results}{lines}</decisionTable>'


def _input(column: str) -> str:
    head, _, allowed = column.partition("{")
    expression, _, type_ref = head.partition(":")
    values = f"<inputValues><text>{escape(allowed.rstrip('}'))}</text></inputValues>" if allowed else ""
    return (
        f'<input id="in_{_id(expression)}" label="{escape(expression)}"><inputExpression{_typed(type_ref)}>'
        f"<text>{escape(expression)}</text></inputExpression>{values}</input>"
    )


def _output(column: str) -> str:
    head, _, default = column.partition("=")
    head, _, allowed = head.partition("{")
    name, _, type_ref = head.partition(":")
    values = f"<outputValues><text>{escape(allowed.rstrip('}'))}</text></outputValues>" if allowed else ""
    entry = f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    return f'<output id="out_{name}" name="{name}"{_typed(type_ref)}>{values}{entry}</output>'


def _rule(number: int, rule: str) -> str:
    tests, _, results = rule.partition("=>")
    entries = "".join(f"<inputEntry><text>{escape(cell.strip())}</text></inputEntry>" for cell in tests.split("|"))
    values = "".join(f"<outputEntry><text>{escape(cell.strip())}</text></outputEntry>" for cell in results.split("|"))
    return f'<rule id="r{number}">{entries if tests.strip() else ""}{values}</rule>'


def item(name: str, type_ref: str = "", *, allowed: str = "", collection: bool = False, more: str = "") -> str:
    values = f"<allowedValues><text>{escape(allowed)}</text></allowedValues>" if allowed else ""
    reference = f"<typeRef>{type_ref}</typeRef>" if type_ref else ""
    many = ' isCollection="true"' if collection else ""
    return f'<itemDefinition name="{name}"{many}>{reference}{values}{more}</itemDefinition>'


def component(name: str, type_ref: str) -> str:
    return f'<itemComponent name="{name}"><typeRef>{type_ref}</typeRef></itemComponent>'


def _typed(type_ref: str) -> str:
    return f' typeRef="{type_ref}"' if type_ref else ""


def _id(name: str) -> str:
    return "id_" + "".join(letter if letter.isalnum() else "_" for letter in name)
