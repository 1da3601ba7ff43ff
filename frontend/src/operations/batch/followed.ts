import { useSyncExternalStore } from "react";
import { api } from "@/api/client";
import type { Schemas } from "@/api/contract";

/** What can be done to many instances at once, by the end of its address. */
export type InstanceAction = "cancellation" | "incident-resolution" | "suspension" | "resumption" | "deletion";

/** What is to be done in the background, and to which: those that the filter finds. */
export type Batch =
  | { to: "process-instances"; action: InstanceAction; filter: Schemas["ProcessInstanceFilter"] }
  | { to: "incidents"; action: "resolution"; filter: Schemas["IncidentFilter"] };

const SHOWN = 3;
let followed: readonly string[] = [];
const listeners = new Set<() => void>();

function keep(next: readonly string[]): void {
  followed = next;
  for (const listener of listeners) listener();
}

/** Begins it, and shows how far it is until it has ended. */
export async function begin(batch: Batch): Promise<void> {
  const created = await post(batch);
  follow(created.batchOperationKey);
}

function post({ to, action, filter }: Batch): Promise<Schemas["BatchOperationCreatedResult"]> {
  if (to === "incidents") return api.post("/v2/incidents/resolution", { body: { filter } });
  return api.post(`/v2/process-instances/${action}`, { body: { filter } });
}

export function follow(key: string): void {
  keep([...followed.filter((each) => each !== key), key].slice(-SHOWN));
}

export function unfollow(key: string): void {
  keep(followed.filter((each) => each !== key));
}

/** The keys of the operations that were begun here and are still to be seen. */
export function useFollowed(): readonly string[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => followed,
  );
}
