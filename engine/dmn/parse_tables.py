"""Decision tables are read out of XML (DMN 1.5, 8.3)."""

from __future__ import annotations

from engine import feel
from engine.dmn.model import Aggregation, DecisionTable, HitPolicy, InputClause, OutputClause, Rule
from engine.dmn.nodes import Node, NodeReader, child_of, children_of, normal_name


class TableReader(NodeReader):
    def table(self, node: Node, _: int) -> DecisionTable:
        inputs = tuple(self.input_clause(child) for child in children_of(node, "input"))
        outputs = tuple(self.output_clause(child) for child in children_of(node, "output"))
        if not outputs:
            self.problem("dmn_table_outputs", "Expected at least one output in the decision table", node)
        if len(outputs) > 1 and len({output.name for output in outputs if output.name}) != len(outputs):
            self.problem("dmn_output_names", "Expected each of several outputs to have a name of its own", node)
        aggregation = node.get("aggregation")
        return DecisionTable(
            inputs=inputs,
            outputs=outputs,
            rules=tuple(self.rule(child, len(inputs), len(outputs)) for child in children_of(node, "rule")),
            hit_policy=self.choice(HitPolicy, node.get("hitPolicy") or "UNIQUE", node),
            aggregation=self.choice(Aggregation, aggregation, node) if aggregation else None,
            type_ref=self.type_of(node),
        )

    def input_clause(self, node: Node) -> InputClause:
        expression = child_of(node, "inputExpression")
        source = "" if expression is None else self.text(expression)
        if not source:
            self.problem("dmn_input_expression", "Expected an expression in the input column", node)
        return InputClause(
            id=node.get("id") or "",
            label=node.get("label") or source,
            expression=self.compile(source or "null", node if expression is None else expression),
            source=source,
            type_ref=None if expression is None else self.type_of(expression),
            allowed_values=self.unary_tests(child_of(node, "inputValues")),
        )

    def output_clause(self, node: Node) -> OutputClause:
        allowed = child_of(node, "outputValues")
        values = "" if allowed is None else self.text(allowed)
        default = child_of(node, "defaultOutputEntry")
        return OutputClause(
            id=node.get("id") or "",
            name=normal_name(node.get("name") or ""),
            label=node.get("label") or node.get("name") or "",
            type_ref=self.type_of(node),
            allowed_values=self.unary_tests(allowed),
            values=self.compile(f"[{values}]", allowed) if values else None,
            default=self.compile(self.text(default), default) if default is not None and self.text(default) else None,
        )

    def rule(self, node: Node, inputs: int, outputs: int) -> Rule:
        tests = tuple(self.input_entry(child) for child in children_of(node, "inputEntry"))
        results = tuple(
            self.compile(text, child) if (text := self.text(child)) and text != "-" else None
            for child in children_of(node, "outputEntry")
        )
        if len(tests) != inputs or len(results) != outputs:
            message = (
                f"Expected {inputs} input and {outputs} output entries in the rule, got {len(tests)} and {len(results)}"
            )
            self.problem("dmn_rule_width", message, node)
        return Rule(node.get("id") or "", tests, results)

    def input_entry(self, node: Node) -> feel.Expression | None:
        return None if self.text(node) in ("", "-") else self.unary_tests(node)
