import { useSyncExternalStore } from "react";

const PLACE = "stepwell.inbox.openNext";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the next task opens by itself when one was completed; kept in this browser. */
export function useOpenNext(): [boolean, (wanted: boolean) => void] {
  const wanted = useSyncExternalStore(subscribe, () => localStorage.getItem(PLACE) === "yes");
  return [
    wanted,
    (next) => {
      localStorage.setItem(PLACE, next ? "yes" : "no");
      for (const listener of listeners) listener();
    },
  ];
}
