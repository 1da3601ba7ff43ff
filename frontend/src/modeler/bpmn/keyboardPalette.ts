import type EventBus from "diagram-js/lib/core/EventBus";

/** Makes the palette's tools reachable by Tab, and usable by Enter and Space: a click on a tool starts it at the canvas. */
class KeyboardPalette {
  static $inject = ["eventBus", "canvas"];

  constructor(eventBus: EventBus, canvas: { getContainer(): HTMLElement }) {
    eventBus.on("palette.changed", -1000, () => prepare(canvas.getContainer()));
    eventBus.on("diagram.init", -1000, () => prepare(canvas.getContainer()));
    eventBus.on("import.done", -1000, () => prepare(canvas.getContainer()));
    canvas.getContainer().addEventListener("keydown", activate);
  }
}

function prepare(container: HTMLElement): void {
  for (const entry of container.querySelectorAll<HTMLElement>(".djs-palette .entry")) {
    entry.tabIndex = 0;
    entry.setAttribute("role", "button");
    const title = entry.title || entry.getAttribute("data-tooltip") || entry.dataset.action;
    if (title && !entry.hasAttribute("aria-label")) entry.setAttribute("aria-label", title);
  }
}

function activate(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if ((event.key !== "Enter" && event.key !== " ") || !target.matches(".djs-palette .entry")) return;
  event.preventDefault();
  event.stopPropagation();
  target.click();
}

export const KeyboardPaletteModule = { __init__: ["keyboardPalette"], keyboardPalette: ["type", KeyboardPalette] };
