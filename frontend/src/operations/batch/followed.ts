import { useSyncExternalStore } from "react";
import { api } from "@/api/client";
import type { components } from "@/api/schema";

type Created = components["schemas"]["BatchOperationCreatedResult"];

/** What can be done to many at once, by its address. */
export type BatchAction =
  | "process-instances/cancellation"
  | "process-instances/incident-resolution"
  | "process-instances/suspension"
  | "process-instances/resumption"
  | "process-instances/deletion"
  | "incidents/resolution";

const SHOWN = 3;
let followed: readonly string[] = [];
const listeners = new Set<() => void>();

function keep(next: readonly string[]): void {
  followed = next;
  for (const listener of listeners) listener();
}

/** Begins it, and shows how far it is until it has ended. */
export async function begin(action: BatchAction, filter: Record<string, unknown>): Promise<void> {
  const created = await api.post<Created>(`/v2/${action}`, { filter });
  follow(created.batchOperationKey);
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
