import type { Modeler } from "./createModeler";

interface Part {
  $type: string;
  id?: string;
  name?: string;
  $instanceOf(type: string): boolean;
  $parent?: Part;
  get(name: string): unknown;
}

const HOLDS = ["rootElements", "participants", "messageFlows", "flowElements", "artifacts", "laneSets", "lanes", "childLaneSet"];
const DRAWN = ["bpmn:FlowElement", "bpmn:Artifact", "bpmn:Lane", "bpmn:Participant", "bpmn:MessageFlow"];
const MOST = 8;

/** What the file holds and its picture does not show, in a sentence: it stays in the file, whatever is changed on the canvas. */
export function undrawnIn(modeler: Modeler): string[] {
  const shown = modeler.get("elementRegistry");
  const missing = partsOf((modeler as unknown as { getDefinitions(): Part }).getDefinitions()).filter(
    (part) => part.id !== undefined && isDrawable(part) && !shown.get(part.id),
  );
  if (missing.length === 0) return [];
  const named = missing.slice(0, MOST).map(nameOf).join(", ");
  const more = missing.length > MOST ? ` and ${missing.length - MOST} more` : "";
  return [`In the file, but not in its picture: ${named}${more}. What is not drawn stays in the file as it is.`];
}

function partsOf(root: Part): Part[] {
  const parts: Part[] = [];
  const waiting = [root];
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    parts.push(part);
    for (const name of HOLDS) waiting.push(...([part.get(name) ?? []].flat() as Part[]).filter((each) => each.$parent === part));
  }
  return parts.reverse();
}

/** Data objects have no shape, their references have. */
function isDrawable(part: Part): boolean {
  return part.$type !== "bpmn:DataObject" && DRAWN.some((type) => part.$instanceOf(type));
}

function nameOf(part: Part): string {
  const kind = part.$type
    .replace(/^\w+:/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();
  return `${kind} “${part.name || part.id}”`;
}
