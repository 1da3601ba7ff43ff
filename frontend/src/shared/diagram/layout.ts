import { inReadersWords } from "../bpmn/references";
import { Drawing } from "./drawing";
import { inLanes } from "./lanes";
import { BPMN, childrenOf, firstChild } from "./model";
import { inPools } from "./pools";

/** Whether a diagram brings its own picture. */
export function hasPicture(xml: string): boolean {
  return /<([\w-]+:)?BPMNShape[\s>]/.test(xml);
}

/**
 * The same diagram in the viewer's words and with a picture: its own, or one laid out from left to right when it has none.
 * Nothing else of the file is touched. What is not well-formed XML comes back as it is.
 */
export async function withPicture(xml: string): Promise<string> {
  const readable = inReadersWords(xml);
  if (hasPicture(readable)) return readable;
  const file = parsed(withEnds(readable));
  if (!file) return readable;
  const drawing = await drawn(file);
  return drawing ? new XMLSerializer().serializeToString(withDrawing(file, drawing)) : readable;
}

/** All pools of a collaboration with the processes in them, else the first process. */
async function drawn(file: Document): Promise<Drawing | undefined> {
  const processes = childrenOf(file.documentElement, "process");
  const collaboration = childrenOf(file.documentElement, "collaboration").find(
    (each) => each.hasAttribute("id") && firstChild(each, "participant"),
  );
  if (!collaboration) return processes[0] && drawnProcess(file, processes[0]);
  const pools = new Map<Element, Drawing | undefined>();
  const waiting = new Map(processes.map((each) => [each.getAttribute("id"), each]));
  for (const participant of childrenOf(collaboration, "participant")) {
    const process = waiting.get(participant.getAttribute("processRef"));
    waiting.delete(participant.getAttribute("processRef"));
    pools.set(participant, process && (await drawnProcess(file, process)));
  }
  return inPools(file, collaboration, pools);
}

/** The layout knows one process, without lanes, and refuses some that lack a part: those are drawn in a row. */
async function drawnProcess(file: Document, process: Element): Promise<Drawing> {
  const { layoutProcess } = await import("bpmn-auto-layout");
  const alone = withOnly(file, process);
  try {
    const picture = parsed(await layoutProcess(new XMLSerializer().serializeToString(alone)));
    return inLanes(process, Drawing.from(picture!, file));
  } catch {
    return inLanes(process, Drawing.row(process));
  }
}

function withOnly(file: Document, process: Element): Document {
  const copy = file.cloneNode(true) as Document;
  const kept = [...file.documentElement.children].indexOf(process);
  [...copy.documentElement.children].forEach((each, index) => {
    if (index !== kept && /^(process|collaboration|choreography|globalConversation|BPMNDiagram)$/.test(each.localName)) each.remove();
  });
  return copy;
}

function withDrawing(file: Document, drawing: Drawing): Document {
  for (const empty of childrenOf(file.documentElement, "BPMNDiagram")) empty.remove();
  for (const diagram of drawing.diagrams) file.documentElement.append(diagram);
  return file;
}

function parsed(xml: string): Document | undefined {
  const file = new DOMParser().parseFromString(xml, "application/xml");
  return file.getElementsByTagName("parsererror").length > 0 ? undefined : file;
}

/**
 * Each element names the sequence flows that enter and leave it. The standard leaves these names out as one likes (the flow
 * has its source and target), but the layout follows nothing else, and would draw no flow at all.
 */
export function withEnds(xml: string): string {
  const file = parsed(xml);
  if (!file) return xml;
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
