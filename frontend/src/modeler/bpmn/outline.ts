/** A line of the outline: an element with what is inside it. */
export interface OutlineNode {
  id: string;
  name: string;
  /** "User task", "Exclusive gateway" and so on. */
  type: string;
  children: OutlineNode[];
}

interface BusinessObject {
  id: string;
  $type: string;
  name?: string;
  flowElements?: BusinessObject[];
  processRef?: BusinessObject;
  participants?: BusinessObject[];
  attachedToRef?: BusinessObject;
  sourceRef?: BusinessObject;
  targetRef?: BusinessObject;
  eventDefinitions?: BusinessObject[];
  rootElements?: BusinessObject[];
  artifacts?: BusinessObject[];
}

const HIDDEN = new Set(["bpmn:SequenceFlow", "bpmn:DataObject", "bpmn:DataObjectReference", "bpmn:DataStoreReference"]);

/** The process as a tree, in the order of its flow: start events first, each element before those that it leads to. */
export function outlineOf(definitions: BusinessObject): OutlineNode[] {
  const roots = definitions.rootElements ?? [];
  const collaboration = roots.find((each) => each.$type === "bpmn:Collaboration");
  if (collaboration) {
    return (collaboration.participants ?? []).map((pool) => ({
      id: pool.id,
      name: pool.name || pool.processRef?.name || pool.id,
      type: "Pool",
      children: childrenOf(pool.processRef),
    }));
  }
  return roots
    .filter((each) => each.$type === "bpmn:Process")
    .map((process) => ({ id: process.id, name: process.name || process.id, type: "Process", children: childrenOf(process) }));
}

function childrenOf(scope: BusinessObject | undefined): OutlineNode[] {
  const elements = (scope?.flowElements ?? []).filter((each) => !HIDDEN.has(each.$type));
  const flows = (scope?.flowElements ?? []).filter((each) => each.$type === "bpmn:SequenceFlow");
  const boundary = (host: BusinessObject) => elements.filter((each) => each.attachedToRef === host);
  return inFlowOrder(
    elements.filter((each) => !each.attachedToRef),
    flows,
    boundary,
  ).map((element) => ({
    id: element.id,
    name: element.name?.replace(/\s+/g, " ").trim() || element.id,
    type: typeInWords(element),
    children: [
      ...boundary(element).map((each) => ({ id: each.id, name: each.name || each.id, type: typeInWords(each), children: [] })),
      ...childrenOf(element),
    ],
  }));
}

function inFlowOrder(
  elements: BusinessObject[],
  flows: BusinessObject[],
  boundary: (host: BusinessObject) => BusinessObject[],
): BusinessObject[] {
  const inner = new Set(elements);
  const targets = new Set(flows.map((flow) => flow.targetRef));
  const ordered = new Set<BusinessObject>();
  // Breadth first over an explicit queue: diagrams may be longer than the call stack.
  const queue = [...elements.filter((each) => each.$type === "bpmn:StartEvent"), ...elements.filter((each) => !targets.has(each))];
  for (let index = 0; index < queue.length; index++) {
    const element = queue[index]!;
    if (!inner.has(element) || ordered.has(element)) continue;
    ordered.add(element);
    const sources = new Set([element, ...boundary(element)]);
    for (const flow of flows) if (flow.sourceRef && sources.has(flow.sourceRef) && flow.targetRef) queue.push(flow.targetRef);
  }
  return [...ordered, ...elements.filter((each) => !ordered.has(each))];
}

/** "bpmn:ExclusiveGateway" → "Exclusive gateway"; an event with what it waits for or throws: "Timer boundary event". */
export function typeInWords(element: { $type: string; eventDefinitions?: { $type: string }[] }): string {
  const words = (type: string) =>
    type
      .replace(/^bpmn:/, "")
      .replace(/([a-z])([A-Z])/g, "$1 $2")
      .toLowerCase();
  const definition = element.eventDefinitions?.[0]?.$type.replace(/EventDefinition$/, "");
  const text = definition ? `${words(definition)} ${words(element.$type)}` : words(element.$type);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
