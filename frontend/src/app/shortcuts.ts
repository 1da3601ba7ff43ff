import { useEffect, useRef } from "react";

/** What the help dialog lists. The pages bind the keys themselves. */
export const SHORTCUTS: readonly { group: string; keys: readonly [string, string][] }[] = [
  {
    group: "Everywhere",
    keys: [
      ["mod+K", "Search over everything"],
      ["?", "This help"],
    ],
  },
  {
    group: "Inbox",
    keys: [
      ["J", "Next task"],
      ["K", "Previous task"],
      ["Enter", "Open the task"],
      ["A", "Assign"],
      ["C", "Claim"],
      ["X", "Select"],
      ["mod+Enter", "Complete the task"],
    ],
  },
  {
    group: "Modeler",
    keys: [
      ["mod+S", "Save now"],
      ["mod+Z", "Undo"],
      ["mod+Y", "Redo"],
      ["A", "Append an element to the selected one"],
      ["N", "Create an element"],
      ["R", "Replace the selected element"],
      ["E", "Edit the name"],
      ["H", "Hand tool"],
      ["L", "Lasso"],
      ["S", "Space tool"],
      ["mod+F", "Find an element"],
      ["mod+0", "Natural size"],
    ],
  },
];

export const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** `mod+K` as it is written on this machine: "⌘ K" or "Ctrl K". */
export function keysInWords(keys: string): string {
  return keys.replace("mod+", IS_MAC ? "⌘ " : "Ctrl ");
}

/** Whether typing goes into a field just now, where a plain letter is text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

interface ShortcutOptions {
  enabled?: boolean;
  /** Whether the keys count while a field has the focus. Plain letters never do. */
  whileTyping?: boolean;
}

/** Calls `action` on a key such as `j`, `?` or `mod+k`, unless something nearer to the focus has made use of it. */
export function useShortcut(
  keys: string,
  action: (event: KeyboardEvent) => void,
  { enabled = true, whileTyping = keys.startsWith("mod+") }: ShortcutOptions = {},
): void {
  const latest = useRef(action);
  useEffect(() => {
    latest.current = action;
  });
  useEffect(() => {
    if (!enabled) return;
    const withMod = keys.startsWith("mod+");
    const key = withMod ? keys.slice(4) : keys;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || (event.metaKey || event.ctrlKey) !== withMod) return;
      if (event.key.toLowerCase() !== key.toLowerCase() || (!whileTyping && isTyping(event.target))) return;
      event.preventDefault();
      latest.current(event);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [keys, enabled, whileTyping]);
}
