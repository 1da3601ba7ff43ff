/** A FEEL field of the properties panel: the entry that holds it, and the expression as it stands. */
export interface FeelField {
  entry: HTMLElement;
  expression: string;
}

const ENTRY = ".bio-properties-panel-feel-entry.feel-active";

/** The FEEL field that holds a node of the page, such as the one with the focus. */
export function fieldAround(node: EventTarget | null): FeelField | undefined {
  const entry = node instanceof Element ? node.closest<HTMLElement>(ENTRY) : null;
  return entry ? { entry, expression: expressionIn(entry) } : undefined;
}

/** The field as it stands now; nothing when it has left the page or holds plain text. */
export function current({ entry }: FeelField): FeelField | undefined {
  return entry.isConnected && entry.matches(ENTRY) ? { entry, expression: expressionIn(entry) } : undefined;
}

function expressionIn(entry: HTMLElement): string {
  const plain = entry.querySelector<HTMLInputElement | HTMLTextAreaElement>("textarea, input:not([type=checkbox])");
  if (plain) return plain.value.replace(/^\s*=/, "");
  return Array.from(entry.querySelectorAll(".cm-content > .cm-line"), lineOf).join("\n");
}

/** The editor shows its placeholder as if it were a line's text. */
function lineOf(line: Element): string {
  return line.querySelector(".cm-placeholder") ? "" : (line.textContent ?? "");
}
