import type { Modeler } from "./createModeler";

const AUTO = "auto" as unknown as { x: number; y: number };

/** All of the diagram, beside palette and minimap, but no larger than natural size. */
export function fitToCanvas(modeler: Modeler): void {
  const canvas = modeler.get("canvas");
  canvas.resized();
  canvas.zoom("fit-viewport", AUTO);
  const { inner, outer, scale } = canvas.viewbox();
  const wide = outer.width > 600;
  const zoom = Math.min(1, scale * (wide ? 0.88 : 1));
  const size = canvas.getSize();
  const shown = { width: size.width / zoom, height: size.height / zoom };
  // The palette covers the left edge.
  const palette = 60 / zoom;
  canvas.viewbox({ x: inner.x + inner.width / 2 - shown.width / 2 - palette / 2, y: inner.y + inner.height / 2 - shown.height / 2, ...shown });
}
