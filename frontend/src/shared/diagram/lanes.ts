import { between, type Drawing, type Point } from "./drawing";
import { childrenOf, firstChild, nodesOf } from "./model";

/** Pixels that the name of a pool or lane takes at its left edge. */
export const HEADER = 30;
const MARGIN = 30;
const LEAST = 120;

interface Band {
  /** Undefined for what stands in no lane. */
  lane: Element | undefined;
  nodes: Element[];
  top: number;
  height: number;
}

/**
 * The process with its lanes, one below the other. The elements keep their columns; those of a lane keep their order from
 * above. Lanes must be drawn: the modeler takes an element out of a lane that it does not see.
 */
export function inLanes(process: Element, drawing: Drawing): Drawing {
  const lanes = childrenOf(process, "laneSet").flatMap((each) => childrenOf(each, "lane"));
  if (lanes.length === 0 || lanes.some((each) => !each.hasAttribute("id"))) return drawing;
  const nodes = nodesOf(process).filter((each) => drawing.boxOf(each.getAttribute("id")));
  const free = nodes.filter((each) => each.localName !== "boundaryEvent");
  const bands = bandsOf(lanes, free);
  const steps = stepsInto(bands, drawing);
  shift(process, drawing, nodes, steps);
  drawLanes(lanes, bands, drawing);
  return drawing;
}

function leavesOf(lanes: readonly Element[]): Element[] {
  return lanes.flatMap((lane) => {
    const inner = innerLanes(lane);
    return inner.length > 0 ? leavesOf(inner) : [lane];
  });
}

function innerLanes(lane: Element): Element[] {
  const set = firstChild(lane, "childLaneSet");
  return set ? childrenOf(set, "lane").filter((each) => each.hasAttribute("id")) : [];
}

function bandsOf(lanes: readonly Element[], nodes: readonly Element[]): Band[] {
  const left = new Set(nodes);
  const bands: Band[] = leavesOf(lanes).map((lane) => {
    const names = new Set(childrenOf(lane, "flowNodeRef").map((each) => each.textContent?.trim()));
    const own = [...left].filter((each) => names.has(each.getAttribute("id") ?? ""));
    own.forEach((each) => left.delete(each));
    return { lane, nodes: own, top: 0, height: LEAST };
  });
  return left.size > 0 ? [...bands, { lane: undefined, nodes: [...left], top: 0, height: LEAST }] : bands;
}

/** Gives each band its place; returns how far down each element goes. */
function stepsInto(bands: readonly Band[], drawing: Drawing): Map<string, number> {
  const steps = new Map<string, number>();
  let top = 0;
  for (const band of bands) {
    band.top = top;
    let y = top + MARGIN;
    for (const row of rowsOf(band.nodes, drawing)) {
      const height = Math.max(...row.map(({ box }) => box.height));
      for (const { id, box } of row) steps.set(id, y + (height - box.height) / 2 - box.y);
      y += height + MARGIN;
    }
    band.height = Math.max(LEAST, y - top);
    top += band.height;
  }
  return steps;
}

function rowsOf(nodes: readonly Element[], drawing: Drawing) {
  const rows = new Map<number, { id: string; box: NonNullable<ReturnType<Drawing["boxOf"]>> }[]>();
  for (const node of nodes) {
    const id = node.getAttribute("id")!;
    const box = drawing.boxOf(id)!;
    const middle = Math.round(box.y + box.height / 2);
    const row = rows.get(middle);
    if (row) row.push({ id, box });
    else rows.set(middle, [{ id, box }]);
  }
  return [...rows.entries()].sort(([one], [other]) => one - other).map(([, row]) => row);
}

function shift(process: Element, drawing: Drawing, nodes: readonly Element[], steps: ReadonlyMap<string, number>): void {
  const far = new Map(steps);
  for (const node of nodes) {
    const id = node.getAttribute("id")!;
    // A boundary event goes with its activity, and what is in a sub-process with that.
    if (node.localName === "boundaryEvent") far.set(id, steps.get(node.getAttribute("attachedToRef") ?? "") ?? 0);
    for (const inner of node.querySelectorAll("[id]")) far.set(inner.getAttribute("id")!, far.get(id) ?? 0);
  }
  const flows = childrenOf(process, "sequenceFlow").filter((each) => drawing.edgeOf(each.getAttribute("id")));
  const ends = (flow: Element) => ["sourceRef", "targetRef"].map((end) => flow.getAttribute(end) ?? "") as [string, string];
  const bent = flows.filter((flow) => far.get(ends(flow)[0]) !== far.get(ends(flow)[1]));
  for (const flow of flows) far.set(flow.getAttribute("id")!, far.get(ends(flow)[0]) ?? 0);
  drawing.move((id): Point => ({ x: 0, y: far.get(id) ?? 0 }));
  for (const flow of bent) {
    const [source, target] = ends(flow).map((id) => drawing.boxOf(id));
    if (source && target) drawing.connect(flow, between(source, target));
  }
}

function drawLanes(lanes: readonly Element[], bands: readonly Band[], drawing: Drawing): void {
  const outline = drawing.outline();
  const depth = Math.max(...lanes.map(depthOf));
  const left = outline.x - MARGIN - depth * HEADER;
  const right = outline.x + outline.width + MARGIN;
  const draw = (lane: Element, x: number) => {
    const own = bands.filter((each) => each.lane && leavesOf([lane]).includes(each.lane));
    const [first, last] = [own[0]!, own.at(-1)!];
    drawing.draw(lane, { x, y: first.top, width: right - x, height: last.top + last.height - first.top }, { isHorizontal: "true" });
    for (const inner of innerLanes(lane)) draw(inner, x + HEADER);
  };
  for (const lane of lanes) draw(lane, left);
}

function depthOf(lane: Element): number {
  return 1 + Math.max(0, ...innerLanes(lane).map(depthOf));
}
