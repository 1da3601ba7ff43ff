export const BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";

export function childrenOf(element: Element, localName: string): Element[] {
  return [...element.children].filter((each) => each.localName === localName);
}

export function firstChild(element: Element, localName: string): Element | undefined {
  return childrenOf(element, localName)[0];
}

/** What stands on the canvas of a process or sub-process, flows and artifacts aside. */
export function nodesOf(container: Element): Element[] {
  return [...container.children].filter(
    (each) =>
      each.namespaceURI === BPMN &&
      each.hasAttribute("id") &&
      /(Task|^task|Event|Gateway|ubProcess|^transaction|^callActivity|^data(Object|Store)Reference)$/.test(each.localName),
  );
}
