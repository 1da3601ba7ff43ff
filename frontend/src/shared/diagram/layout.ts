const BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";

/** Whether a diagram brings its own picture. */
export function hasPicture(xml: string): boolean {
  return /<([\w-]+:)?BPMNShape[\s>]/.test(xml);
}

/** The same diagram with a picture: its own, or one laid out from left to right when it has none. */
export async function withPicture(xml: string): Promise<string> {
  if (hasPicture(xml)) return xml;
  const { layoutProcess } = await import("bpmn-auto-layout");
  return layoutProcess(withEnds(xml));
}

/**
 * Each element names the sequence flows that enter and leave it. The standard leaves these names out as one likes (the flow
 * has its source and target), but the layout follows nothing else, and would draw no flow at all.
 */
export function withEnds(xml: string): string {
  const file = new DOMParser().parseFromString(xml, "application/xml");
  if (file.getElementsByTagName("parsererror").length > 0) return xml;
  const elements = new Map([...file.getElementsByTagNameNS(BPMN, "*")].map((each) => [each.getAttribute("id"), each]));
  for (const flow of file.getElementsByTagNameNS(BPMN, "sequenceFlow")) {
    const id = flow.getAttribute("id");
    if (!id) continue;
    name(elements.get(flow.getAttribute("sourceRef")), "outgoing", id);
    name(elements.get(flow.getAttribute("targetRef")), "incoming", id);
  }
  return new XMLSerializer().serializeToString(file);
}

function name(element: Element | undefined, end: "incoming" | "outgoing", flowId: string): void {
  if (!element || [...element.children].some((each) => each.localName === end && each.textContent?.trim() === flowId)) return;
  const added = element.ownerDocument.createElementNS(BPMN, element.prefix ? `${element.prefix}:${end}` : end);
  added.textContent = flowId;
  element.append(added);
}
