import type { ElementInstance } from "../types";

/** Each time that an element was entered, the latest first; one that is at work before all that are over. */
export function runsOf(elements: readonly ElementInstance[], elementId: string): ElementInstance[] {
  const rank = (each: ElementInstance) => (each.hasIncident ? 0 : each.endDate === null ? 1 : 2);
  return elements
    .filter((each) => each.elementId === elementId)
    .sort((a, b) => rank(a) - rank(b) || Date.parse(b.startDate) - Date.parse(a.startDate));
}

export interface HistoryNode {
  element: ElementInstance;
  children: HistoryNode[];
}

/** Elements below the scope that they ran in. The process itself is the page's subject and is left out. */
export function treeOf(elements: readonly ElementInstance[]): HistoryNode[] {
  const nodes = new Map(elements.map((element) => [element.elementInstanceKey, { element, children: [] } as HistoryNode]));
  const top: HistoryNode[] = [];
  for (const node of nodes.values()) {
    if (node.element.type === "PROCESS") continue;
    const scope = node.element.scopeKey ? nodes.get(node.element.scopeKey) : undefined;
    (scope && scope.element.type !== "PROCESS" ? scope.children : top).push(node);
  }
  return top;
}
