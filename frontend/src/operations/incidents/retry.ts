import { api } from "@/api/client";
import { search } from "@/api/queries";
import type { Incident } from "../types";

export function retry(incidentKey: string): Promise<unknown> {
  return api.post(`/v2/incidents/${incidentKey}/resolution`, {});
}

/** Tries again whatever holds an instance up. Rejects with the first refusal, when all were asked for. */
export async function retryIncidentsOf(processInstanceKey: string): Promise<void> {
  const { items } = await search<Incident>("incidents", { filter: { processInstanceKey, state: "ACTIVE" }, page: { limit: 1000 } });
  const results = await Promise.allSettled(items.map((each) => retry(each.incidentKey)));
  const refused = results.find((each) => each.status === "rejected");
  if (refused) throw refused.reason;
}
