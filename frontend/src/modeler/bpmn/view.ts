import type { Modeler } from "./createModeler";

export const NARROW = 600;
const PALETTE = 130;
const AUTO = "auto" as unknown as { x: number; y: number };

/** All of the diagram, beside palette and minimap, but no larger than natural size. */
export function fitToCanvas(modeler: Modeler): void {
  const canvas = modeler.get("canvas");
  canvas.resized();
  canvas.zoom("fit-viewport", AUTO);
  const { inner, scale } = canvas.viewbox();
  const size = canvas.getSize();
  // The palette covers the left edge, except in a narrow window, where it is closed.
  const palette = size.width > NARROW ? PALETTE : 0;
  const zoom = Math.min(1, scale * 0.97 * ((size.width - palette) / size.width));
  const shown = { width: size.width / zoom, height: size.height / zoom };
  canvas.viewbox({
    x: inner.x + inner.width / 2 - (shown.width + palette / zoom) / 2,
    y: inner.y + inner.height / 2 - shown.height / 2,
    ...shown,
  });
}
