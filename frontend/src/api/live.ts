import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect } from "react";
import { api } from "./client";

const EVERY_MS = 1_000;
const AFTER_FAILURE_MS = 5_000;

export interface LiveOptions {
  /** Watch one instance alone. */
  processInstanceKey?: string;
  enabled?: boolean;
}

/**
 * Keeps queries fresh: asks `GET /v2/changes` each second while the tab is visible, and invalidates the queries under
 * `keys` when the version that it names has moved. A server that does not answer is asked less often.
 */
export function useLive(keys: readonly QueryKey[], { processInstanceKey, enabled = true }: LiveOptions = {}): void {
  const client = useQueryClient();
  const stableKeys = JSON.stringify(keys);
  useEffect(() => {
    if (!enabled) return;
    const watched = JSON.parse(stableKeys) as QueryKey[];
    return watchVersion(processInstanceKey, () => {
      for (const queryKey of watched) void client.invalidateQueries({ queryKey });
    });
  }, [client, stableKeys, processInstanceKey, enabled]);
}

/** Calls `changed` each time that the version, of one instance or of all, differs from the one before; returns the way to stop. */
export function watchVersion(processInstanceKey: string | undefined, changed: () => void): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let known: string | undefined;
  let asking = false;

  async function ask(): Promise<void> {
    if (asking || stop.signal.aborted) return;
    if (document.hidden) return;
    asking = true;
    let pause = EVERY_MS;
    try {
      const { version } = await api.get("/v2/changes", { query: { processInstanceKey }, signal: stop.signal });
      if (known !== undefined && known !== version) changed();
      known = version;
    } catch {
      pause = AFTER_FAILURE_MS;
    }
    asking = false;
    if (!stop.signal.aborted) timer = setTimeout(ask, pause);
  }

  function onVisibility(): void {
    if (document.hidden) return;
    clearTimeout(timer);
    void ask();
  }

  document.addEventListener("visibilitychange", onVisibility);
  void ask();
  return () => {
    stop.abort();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisibility);
  };
}
