import adHocSubProcess from "bpmnlint/rules/ad-hoc-sub-process";
import conditionalFlows from "bpmnlint/rules/conditional-flows";
import endEventRequired from "bpmnlint/rules/end-event-required";
import eventBasedGateway from "bpmnlint/rules/event-based-gateway";
import eventSubProcessStart from "bpmnlint/rules/event-sub-process-typed-start-event";
import fakeJoin from "bpmnlint/rules/fake-join";
import labelRequired from "bpmnlint/rules/label-required";
import linkEvent from "bpmnlint/rules/link-event";
import noDisconnected from "bpmnlint/rules/no-disconnected";
import noDuplicateFlows from "bpmnlint/rules/no-duplicate-sequence-flows";
import noJoinFork from "bpmnlint/rules/no-gateway-join-fork";
import noImplicitSplit from "bpmnlint/rules/no-implicit-split";
import startEventRequired from "bpmnlint/rules/start-event-required";
import subProcessBlankStart from "bpmnlint/rules/sub-process-blank-start-event";
import superfluousGateway from "bpmnlint/rules/superfluous-gateway";
import type { Problem } from "../problems/problems";

/** Each rule with how bad it is to break it. What the engine refuses is the server's to say; these are about the drawing. */
const RULES: Record<string, ["error" | "warn" | "info", unknown]> = {
  "ad-hoc-sub-process": ["error", adHocSubProcess],
  "conditional-flows": ["warn", conditionalFlows],
  "end-event-required": ["warn", endEventRequired],
  "event-based-gateway": ["error", eventBasedGateway],
  "event-sub-process-typed-start-event": ["error", eventSubProcessStart],
  "fake-join": ["info", fakeJoin],
  "label-required": ["info", labelRequired],
  "link-event": ["error", linkEvent],
  "no-disconnected": ["warn", noDisconnected],
  "no-duplicate-sequence-flows": ["warn", noDuplicateFlows],
  "no-gateway-join-fork": ["info", noJoinFork],
  "no-implicit-split": ["info", noImplicitSplit],
  "start-event-required": ["warn", startEventRequired],
  "sub-process-blank-start-event": ["error", subProcessBlankStart],
  "superfluous-gateway": ["info", superfluousGateway],
};

/** The linter's settings, with the rules in the bundle rather than looked up by name at run time. */
export const LINTING = {
  active: true,
  bpmnlint: {
    config: { rules: Object.fromEntries(Object.entries(RULES).map(([name, [category]]) => [name, category])) },
    resolver: {
      resolveRule: (_package: string, name: string) => RULES[name]?.[1],
      resolveConfig: () => ({}),
    },
  },
};

/** What `linting.completed` carries. */
export type LintIssues = Record<
  string,
  { id: string; actualElementId?: string; message: string; category: string; rule: string; name?: string }[]
>;

const SEVERITIES: Record<string, Problem["severity"]> = { error: "error", "rule-error": "error", warn: "warning", info: "info" };

export function problemsFrom(issues: LintIssues, nameOf: (elementId: string) => string | undefined): Problem[] {
  return Object.values(issues)
    .flat()
    .map((issue) => ({
      source: "drawing",
      code: issue.rule,
      severity: SEVERITIES[issue.category] ?? "warning",
      elementId: issue.actualElementId ?? issue.id,
      elementName: nameOf(issue.actualElementId ?? issue.id),
      message: issue.message,
    }));
}
