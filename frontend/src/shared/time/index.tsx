import { useSyncExternalStore } from "react";
import { absoluteTime, relativeTime } from "./format";

const EVERY_MS = 15_000;
const STALE_MS = 1_000;
const listeners = new Set<() => void>();
let now = Date.now();
let clock: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now = Date.now();
  for (const each of listeners) each();
}

/** Outside of the component: a new function at each render would subscribe anew, and move the clock each time. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Whoever is new may show what has just happened: to a clock that lags behind, that would be the future.
  if (Date.now() - now > STALE_MS) tick();
  clock ??= setInterval(tick, EVERY_MS);
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
  if (!value) return <span aria-label="no date">–</span>;
  // Another date is another component, which asks for the time anew.
  return <Dated key={value} value={value} prefix={prefix} />;
}

function Dated({ value, prefix }: { value: string; prefix?: string }) {
  const current = useNow();
  return (
    <time dateTime={value} title={absoluteTime(value)}>
      {prefix ? `${prefix} ` : ""}
      {relativeTime(value, current)}
    </time>
  );
}

export { absoluteTime, duration, relativeTime } from "./format";
