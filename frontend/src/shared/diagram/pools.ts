import { Drawing, type Box, type Point } from "./drawing";
import { HEADER } from "./lanes";
import { childrenOf } from "./model";

const GAP = 50;
const MARGIN = 30;
const LEAST = { width: 400, height: 60 };

/** One pool below the other, each with its process in it, and the message flows between. */
export function inPools(file: Document, collaboration: Element, processes: ReadonlyMap<Element, Drawing | undefined>): Drawing {
  const all = Drawing.empty(file, collaboration.getAttribute("id")!);
  const outlines = [...processes.values()].map((each) => each?.outline() ?? { x: 0, y: 0, width: 0, height: 0 });
  const width = Math.max(LEAST.width, ...outlines.map((each) => each.width + HEADER + 2 * MARGIN));
  const pools: Box[] = [];
  const diagrams = [...all.diagrams];
  let y = 0;
  for (const [participant, process] of processes) {
    const outline = outlines[pools.length]!;
    // Lanes reach from edge to edge.
    const lanes = process?.lanes();
    const margin = lanes ? 0 : MARGIN;
    const below = lanes && lanes.y + lanes.height >= outline.y + outline.height ? 0 : MARGIN;
    const pool = { x: 0, y, width, height: process ? Math.max(LEAST.height, margin + outline.height + below) : LEAST.height };
    const moved = { x: HEADER + margin - outline.x, y: y + margin - outline.y };
    all.draw(participant, pool, { isHorizontal: "true" });
    if (process) {
      process.move(() => moved);
      process.widen(width);
      all.plane.append(...process.plane.children);
      diagrams.push(...process.diagrams.slice(1));
    }
    pools.push(pool);
    y += pool.height + GAP;
  }
  for (const flow of childrenOf(collaboration, "messageFlow")) {
    const [source, target] = ["sourceRef", "targetRef"].map((end) => all.boxOf(flow.getAttribute(end)));
    if (source && target && flow.hasAttribute("id")) all.connect(flow, acrossPools(source, target, pools));
  }
  return new Drawing(diagrams);
}

/** Out of the pool on the side of the other, along the gap between them, and in again. */
function acrossPools(source: Box, target: Box, pools: readonly Box[]): Point[] {
  const down = source.y < target.y;
  const own = pools.find((each) => source.y >= each.y && source.y < each.y + each.height);
  const gap = down ? (own ? own.y + own.height : source.y + source.height) + GAP / 2 : (own?.y ?? source.y) - GAP / 2;
  const [from, to] = [source.x + source.width / 2, target.x + target.width / 2];
  return [
    { x: from, y: down ? source.y + source.height : source.y },
    { x: from, y: gap },
    { x: to, y: gap },
    { x: to, y: down ? target.y : target.y + target.height },
  ];
}
