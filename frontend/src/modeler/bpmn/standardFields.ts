/** What the standard lets an element say and the Zeebe panel has no field for: where it stands, how it is shown, how it changes. */

export interface Moddle {
  $type: string;
  $parent?: unknown;
  get(name: string): unknown;
  [name: string]: unknown;
}
export type Create = (type: string, attributes: object) => Moddle;
/** Properties of one element that get other values: what the command `element.updateModdleProperties` does and takes back. */
export interface Change {
  moddleElement: Moddle;
  properties: Record<string, unknown>;
}

export interface StandardField {
  id: string;
  label: string;
  description?: string;
  kind: "number" | "checkbox" | "select" | "feel";
  options?: readonly { value: string; label: string }[];
  /** The element that has the property: the business object itself or its loop marker; undefined where the field means nothing. */
  holder(element: Moddle): Moddle | undefined;
  property: string;
}

const ACTIVITIES = /^bpmn:(\w*Task|SubProcess|AdHocSubProcess|Transaction|CallActivity)$/;
const CATCHING = new Set(["bpmn:StartEvent", "bpmn:IntermediateCatchEvent", "bpmn:BoundaryEvent"]);

const activity = (element: Moddle) => (ACTIVITIES.test(element.$type) && element.triggeredByEvent !== true ? element : undefined);
const ofType = (type: string) => (element: Moddle) => (element.$type === type ? element : undefined);
const marker = (type: string) => (element: Moddle) => {
  const loop = activity(element)?.get("loopCharacteristics") as Moddle | undefined;
  return loop?.$type === type ? loop : undefined;
};
const loop = marker("bpmn:StandardLoopCharacteristics");
export const multiInstance = marker("bpmn:MultiInstanceLoopCharacteristics");
const starter = (element: Moddle) => (listOf(element.get("incoming")).length === 0 ? element : undefined);

export const FIELDS: readonly StandardField[] = [
  { id: "standard-loopCondition", label: "Loop while", kind: "feel", holder: loop, property: "loopCondition" },
  { id: "standard-loopMaximum", label: "At most this many rounds", kind: "number", holder: loop, property: "loopMaximum" },
  { id: "standard-testBefore", label: "Test before the first round", kind: "checkbox", holder: loop, property: "testBefore" },
  {
    id: "standard-loopCardinality",
    label: "Number of instances",
    description: "Instead of a collection.",
    kind: "feel",
    holder: multiInstance,
    property: "loopCardinality",
  },
  {
    id: "standard-activationCondition",
    label: "Go on when",
    description: "activationCount is the number of tokens that have come; each incoming flow's id is the number that came over it.",
    kind: "feel",
    holder: ofType("bpmn:ComplexGateway"),
    property: "activationCondition",
  },
  {
    id: "standard-ordering",
    label: "Activities run",
    kind: "select",
    options: [
      { value: "Parallel", label: "at once" },
      { value: "Sequential", label: "one after another" },
    ],
    holder: ofType("bpmn:AdHocSubProcess"),
    property: "ordering",
  },
  {
    id: "standard-instantiate-gateway",
    label: "Starts the process",
    kind: "checkbox",
    holder: (element) => (element.$type === "bpmn:EventBasedGateway" ? starter(element) : undefined),
    property: "instantiate",
  },
  {
    id: "standard-eventGatewayType",
    label: "Waits for",
    kind: "select",
    options: [
      { value: "Exclusive", label: "the first of its events" },
      { value: "Parallel", label: "all of its events" },
    ],
    holder: (element) => (element.$type === "bpmn:EventBasedGateway" && element.get("instantiate") === true ? element : undefined),
    property: "eventGatewayType",
  },
  {
    id: "standard-instantiate-task",
    label: "Starts the process",
    kind: "checkbox",
    holder: (element) => (element.$type === "bpmn:ReceiveTask" ? starter(element) : undefined),
    property: "instantiate",
  },
  {
    id: "standard-parallelMultiple",
    label: "Waits for all of its events",
    kind: "checkbox",
    holder: (element) =>
      CATCHING.has(element.$type) && [...listOf(element.get("eventDefinitions")), ...listOf(element.get("eventDefinitionRef"))].length > 1
        ? element
        : undefined,
    property: "parallelMultiple",
  },
  { id: "standard-startQuantity", label: "Tokens needed to start", kind: "number", holder: activity, property: "startQuantity" },
  { id: "standard-completionQuantity", label: "Tokens sent at the end", kind: "number", holder: activity, property: "completionQuantity" },
];

/** What the field shows. */
export function valueOf(field: StandardField, element: Moddle): string | boolean {
  const value = field.holder(element)?.get(field.property);
  if (field.kind === "checkbox") return value === true;
  if (field.kind === "feel") return String((value as Moddle | undefined)?.get("body") ?? "");
  return value === undefined || value === null ? "" : String(value);
}

/** What has to change for the field to show `value`; null where there is nothing to change. An empty text takes the property away. */
export function changeOf(field: StandardField, element: Moddle, value: unknown, create: Create): Change | null {
  const moddleElement = field.holder(element);
  if (!moddleElement) return null;
  return { moddleElement, properties: { [field.property]: propertyOf(field, moddleElement, value, create) } };
}

function propertyOf(field: StandardField, holder: Moddle, value: unknown, create: Create): unknown {
  if (field.kind === "checkbox") return value === true;
  const text = value === undefined || value === null ? "" : String(value).trim();
  if (!text) return undefined;
  if (field.kind === "number") return Number(text);
  if (field.kind === "select") return text;
  return within(holder, create("bpmn:FormalExpression", { body: text }));
}

/** The child, which now knows where it stands. */
export function within(parent: Moddle, child: Moddle): Moddle {
  child.$parent = parent;
  return child;
}

/** Why a number cannot be set, or null. */
export function problemOf(field: StandardField, value: unknown): string | null {
  const text = value === undefined || value === null ? "" : String(value).trim();
  return field.kind !== "number" || !text || /^[1-9]\d*$/.test(text) ? null : "Expected a whole number from 1.";
}

export function listOf<T = unknown>(value: unknown): T[] {
  return Array.isArray(value) ? value : [];
}
