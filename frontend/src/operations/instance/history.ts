import type { ElementInstance } from "../types";

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
