import { BPMN, childrenOf, firstChild, nodesOf } from "./model";

const DI = {
  bpmndi: "http://www.omg.org/spec/BPMN/20100524/DI",
  dc: "http://www.omg.org/spec/DD/20100524/DC",
  di: "http://www.omg.org/spec/DD/20100524/DI",
};

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface Point {
  x: number;
  y: number;
}

const STEP = 150;
const ROW = 60;

/** The picture of a file in its making: diagrams as the file is to hold them, the first of which shows the process or its pools. */
export class Drawing {
  constructor(readonly diagrams: readonly Element[]) {}

  /** The diagrams of another document, for this one. The layout draws data objects too, which have no shape: their references do. */
  static from(picture: Document, file: Document): Drawing {
    const shapeless = new Set([...file.getElementsByTagNameNS(BPMN, "dataObject")].map((each) => each.getAttribute("id")));
    const drawing = new Drawing(childrenOf(picture.documentElement, "BPMNDiagram").map((each) => file.importNode(each, true)));
    for (const shape of childrenOf(drawing.plane, "BPMNShape")) if (shapeless.has(shape.getAttribute("bpmnElement"))) shape.remove();
    return drawing;
  }

  static empty(file: Document, rootId: string): Drawing {
    const diagram = file.createElementNS(DI.bpmndi, "bpmndi:BPMNDiagram");
    const plane = file.createElementNS(DI.bpmndi, "bpmndi:BPMNPlane");
    diagram.setAttribute("id", freeId(file, `BPMNDiagram_${rootId}`));
    plane.setAttribute("id", freeId(file, `BPMNPlane_${rootId}`));
    plane.setAttribute("bpmnElement", rootId);
    diagram.append(plane);
    return new Drawing([diagram]);
  }

  /** The elements of a process side by side, for what no layout can be found. */
  static row(process: Element): Drawing {
    const drawing = Drawing.empty(process.ownerDocument, process.getAttribute("id") ?? "");
    nodesOf(process).forEach((node, index) => {
      const [width, height] = /Event$/.test(node.localName) ? [36, 36] : /Gateway$/.test(node.localName) ? [50, 50] : [100, 80];
      drawing.draw(node, { x: index * STEP + 50 - width / 2, y: ROW - height / 2, width, height });
    });
    for (const flow of childrenOf(process, "sequenceFlow")) {
      const [source, target] = ["sourceRef", "targetRef"].map((end) => drawing.boxOf(flow.getAttribute(end)));
      if (source && target) drawing.connect(flow, between(source, target));
    }
    return drawing;
  }

  get plane(): Element {
    return firstChild(this.diagrams[0]!, "BPMNPlane")!;
  }

  boxOf(elementId: string | null): Box | undefined {
    const bounds = this.boundsOf(elementId);
    return bounds && boxIn(bounds);
  }

  /** Around all shapes and flows of the first diagram. */
  outline(): Box {
    const boxes = childrenOf(this.plane, "BPMNShape").map((each) => boxIn(firstChild(each, "Bounds")!));
    const points = childrenOf(this.plane, "BPMNEdge").flatMap((each) => childrenOf(each, "waypoint").map(pointIn));
    return around([...boxes, ...points.map(({ x, y }) => ({ x, y, width: 0, height: 0 }))]);
  }

  /** Moves shapes and flows; `far` says how far an element's goes. */
  move(far: (elementId: string) => Point): void {
    for (const part of this.plane.children) {
      const { x, y } = far(part.getAttribute("bpmnElement") ?? "");
      for (const place of part.querySelectorAll("*")) {
        if (!/^(Bounds|waypoint)$/.test(place.localName)) continue;
        place.setAttribute("x", String(Number(place.getAttribute("x")) + x));
        place.setAttribute("y", String(Number(place.getAttribute("y")) + y));
      }
    }
  }

  draw(element: Element, box: Box, attributes: Record<string, string> = {}): void {
    const shape = this.part("BPMNShape", element);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    const bounds = shape.ownerDocument.createElementNS(DI.dc, "dc:Bounds");
    for (const [name, value] of Object.entries(box)) bounds.setAttribute(name, String(Math.round(value as number)));
    shape.append(bounds);
  }

  connect(flow: Element, points: readonly Point[]): void {
    this.edgeOf(flow.getAttribute("id"))?.remove();
    const edge = this.part("BPMNEdge", flow);
    for (const { x, y } of points) {
      const waypoint = edge.ownerDocument.createElementNS(DI.di, "di:waypoint");
      waypoint.setAttribute("x", String(Math.round(x)));
      waypoint.setAttribute("y", String(Math.round(y)));
      edge.append(waypoint);
    }
  }

  /** Around all lanes; undefined where there are none. */
  lanes(): Box | undefined {
    const boxes = this.laneBounds.map(boxIn);
    return boxes.length > 0 ? around(boxes) : undefined;
  }

  /** Lets the lanes reach as far to the right as their pool does. */
  widen(right: number): void {
    for (const bounds of this.laneBounds) bounds.setAttribute("width", String(right - Number(bounds.getAttribute("x"))));
  }

  edgeOf(elementId: string | null): Element | undefined {
    return childrenOf(this.plane, "BPMNEdge").find((each) => each.getAttribute("bpmnElement") === elementId);
  }

  /** Lanes are what has a direction, as long as no pool is drawn. */
  private get laneBounds(): Element[] {
    return childrenOf(this.plane, "BPMNShape").flatMap((each) => (each.hasAttribute("isHorizontal") ? childrenOf(each, "Bounds") : []));
  }

  private boundsOf(elementId: string | null): Element | undefined {
    const shape = childrenOf(this.plane, "BPMNShape").find((each) => each.getAttribute("bpmnElement") === elementId);
    return shape && firstChild(shape, "Bounds");
  }

  private part(kind: string, element: Element): Element {
    const file = this.plane.ownerDocument;
    const part = file.createElementNS(DI.bpmndi, `bpmndi:${kind}`);
    const id = element.getAttribute("id")!;
    part.setAttribute("id", freeId(file, `${id}_di`));
    part.setAttribute("bpmnElement", id);
    this.plane.append(part);
    return part;
  }
}

/** From right to left edge, in right angles; around below where the target lies before the source. */
export function between(source: Box, target: Box): Point[] {
  const start = { x: source.x + source.width, y: source.y + source.height / 2 };
  const end = { x: target.x, y: target.y + target.height / 2 };
  if (end.x >= start.x) {
    if (start.y === end.y) return [start, end];
    const middle = (start.x + end.x) / 2;
    return [start, { x: middle, y: start.y }, { x: middle, y: end.y }, end];
  }
  const below = Math.max(source.y + source.height, target.y + target.height) + 20;
  const [from, to] = [source.x + source.width / 2, target.x + target.width / 2];
  return [
    { x: from, y: source.y + source.height },
    { x: from, y: below },
    { x: to, y: below },
    { x: to, y: target.y + target.height },
  ];
}

/** The id, or one like it that the file has not. */
function freeId(file: Document, wanted: string): string {
  const taken = (id: string) => [...file.getElementsByTagName("*")].some((each) => each.getAttribute("id") === id);
  let id = wanted;
  for (let count = 2; taken(id); count += 1) id = `${wanted}_${count}`;
  return id;
}

function around(boxes: readonly Box[]): Box {
  if (boxes.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  const x = Math.min(...boxes.map((each) => each.x));
  const y = Math.min(...boxes.map((each) => each.y));
  const right = Math.max(...boxes.map((each) => each.x + each.width));
  const bottom = Math.max(...boxes.map((each) => each.y + each.height));
  return { x, y, width: right - x, height: bottom - y };
}

function boxIn(bounds: Element): Box {
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(bounds.getAttribute(name))) as [
    number,
    number,
    number,
    number,
  ];
  return { x, y, width, height };
}

function pointIn(waypoint: Element): Point {
  return { x: Number(waypoint.getAttribute("x")), y: Number(waypoint.getAttribute("y")) };
}
