import type Canvas from "diagram-js/lib/core/Canvas";
import type ElementRegistry from "diagram-js/lib/core/ElementRegistry";
import type EventBus from "diagram-js/lib/core/EventBus";
import type Overlays from "diagram-js/lib/features/overlays/Overlays";
import type { Element } from "diagram-js/lib/model/Types";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import type { Badge, Corner } from "./types";
import { STATUS_WORDS } from "../tags/status";
import { DIAGRAM_COLOURS } from "./theme";

interface Services {
  canvas: Canvas;
  elementRegistry: ElementRegistry;
  eventBus: EventBus;
  overlays: Overlays;
  [name: string]: unknown;
}

// The library centres on "auto"; its types know only points.
const AUTO = "auto" as unknown as { x: number; y: number };

export type Viewer = NavigatedViewer<Services>;

export function createViewer(container: HTMLElement): Viewer {
  const options = { container, bpmnRenderer: DIAGRAM_COLOURS };
  return new NavigatedViewer<Services>(options);
}

/** The size that shows all of it, but no larger than natural size. Nothing while the container is hidden. */
export function fit(viewer: Viewer): boolean {
  const canvas = viewer.get("canvas");
  const { clientWidth, clientHeight } = canvas.getContainer();
  if (clientWidth < 20 || clientHeight < 20) return false;
  canvas.resized();
  canvas.zoom("fit-viewport", AUTO);
  const { inner, scale } = canvas.viewbox();
  const zoom = Math.min(1, scale * 0.95);
  const shown = { width: clientWidth / zoom, height: clientHeight / zoom };
  canvas.viewbox({ x: inner.x + (inner.width - shown.width) / 2, y: inner.y + (inner.height - shown.height) / 2, ...shown });
  return true;
}

export function zoomBy(viewer: Viewer, factor: number): void {
  const canvas = viewer.get("canvas");
  const { clientWidth, clientHeight } = canvas.getContainer();
  canvas.zoom(Math.min(4, Math.max(0.2, canvas.zoom() * factor)), { x: clientWidth / 2, y: clientHeight / 2 });
}

/** Brings an element into view, opening the sub-process plane that holds it. */
export function reveal(viewer: Viewer, elementId: string): void {
  const element = viewer.get("elementRegistry").get(elementId) as Element | undefined;
  if (!element) return;
  const canvas = viewer.get("canvas");
  const root = canvas.findRoot(element);
  if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
  canvas.scrollToElement(element, 80);
}

/** Puts `markers` (class names by element) in the place of those that were there; returns what is there now. */
export function replaceMarkers(viewer: Viewer, before: ReadonlyMap<string, string[]>, markers: ReadonlyMap<string, string[]>): void {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  for (const [id, names] of before) if (registry.get(id)) for (const name of names) canvas.removeMarker(id, name);
  for (const [id, names] of markers) if (registry.get(id)) for (const name of names) canvas.addMarker(id, name);
}

const POSITIONS: Record<Corner, Record<string, number>> = {
  "top-left": { top: -12, left: -8 },
  "top-right": { top: -12, right: 16 },
  "bottom-left": { bottom: 12, left: -8 },
  "bottom-right": { bottom: 12, right: 16 },
};

const CORNERS: Record<Badge["status"], Corner> = {
  running: "bottom-left",
  waiting: "bottom-left",
  suspended: "bottom-left",
  incident: "bottom-right",
  completed: "top-right",
  cancelled: "top-left",
};

const LAYER = "stepwell-badges";

/** Draws the badges anew. An element that the diagram lacks is passed over, and so is the process where it is the canvas itself. */
export function replaceBadges(viewer: Viewer, badges: readonly Badge[]): void {
  const overlays = viewer.get("overlays");
  const registry = viewer.get("elementRegistry");
  overlays.remove({ type: LAYER });
  const groups = new Map<string, { elementId: string; corner: Corner; badges: Badge[] }>();
  for (const badge of badges) {
    if (!registry.get(badge.elementId)?.parent) continue;
    const corner = badge.corner ?? CORNERS[badge.status];
    const key = `${badge.elementId} ${corner}`;
    const group = groups.get(key) ?? { elementId: badge.elementId, corner, badges: [] };
    group.badges.push(badge);
    groups.set(key, group);
  }
  for (const group of groups.values()) {
    overlays.add(group.elementId, LAYER, { position: POSITIONS[group.corner], html: badgeGroup(group.badges), show: { minZoom: 0.25 } });
  }
}

function badgeGroup(badges: readonly Badge[]): HTMLElement {
  const group = document.createElement("div");
  group.className = "sw-badges";
  for (const badge of badges) {
    const item = document.createElement("span");
    item.className = `sw-badge sw-badge--${badge.status}`;
    item.textContent = String(badge.text);
    item.title = badge.title ?? `${badge.text} ${STATUS_WORDS[badge.status].toLowerCase()}`;
    group.append(item);
  }
  return group;
}

/** Tints shapes between cool and hot; `heat` holds values from 0 to 1. */
export function replaceHeat(viewer: Viewer, heat: Readonly<Record<string, number>>): void {
  const registry = viewer.get("elementRegistry");
  for (const element of registry.getAll()) {
    const graphics = registry.getGraphics(element);
    const value = heat[element.id];
    graphics.classList.toggle("sw-heat", value !== undefined);
    if (value === undefined) graphics.style.removeProperty("--sw-heat");
    else graphics.style.setProperty("--sw-heat", `${Math.round(Math.min(1, Math.max(0, value)) * 100)}%`);
  }
}
