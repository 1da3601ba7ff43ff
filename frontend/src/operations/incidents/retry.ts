import { api } from "@/api/client";

export function retry(incidentKey: string): Promise<unknown> {
  return api.post("/v2/incidents/{incidentKey}/resolution", { path: { incidentKey }, body: {} });
}
