import { useSyncExternalStore } from "react";
import { absoluteTime, relativeTime } from "./format";

const EVERY_MS = 15_000;
const listeners = new Set<() => void>();
let now = Date.now();
let clock: ReturnType<typeof setInterval> | undefined;

/** Outside of the component: a new function at each render would subscribe anew, and move the clock each time. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // The clock stands while nobody looks; React reads it again after this.
  if (clock === undefined) now = Date.now();
  clock ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(clock);
    clock = undefined;
  };
}

/** The time, moving on every 15 seconds, with one clock for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** A date as "3 minutes ago", with the exact time on hover. A missing one is a dash. */
export function RelativeDate({ value, prefix }: { value: string | null | undefined; prefix?: string }) {
  const current = useNow();
  if (!value) return <span aria-label="no date">–</span>;
  return (
    <time dateTime={value} title={absoluteTime(value)}>
      {prefix ? `${prefix} ` : ""}
      {relativeTime(value, current)}
    </time>
  );
}

export { absoluteTime, duration, relativeTime } from "./format";
