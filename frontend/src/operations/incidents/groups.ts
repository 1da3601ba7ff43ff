import type { Schemas } from "@/api/contract";

export type IncidentGroup = Schemas["IncidentGroupResult"];

/** What picks a group, or several, out of all incidents. */
interface GroupFilter {
  state: "ACTIVE";
  processDefinitionId?: string;
  errorMessage?: string;
  elementId?: string;
}

/** One group, as the address names it: `in` is its process, beside the filter `process` of the whole page. */
export function addressOf(group: IncidentGroup): { error: string; in: string; element: string } {
  return { error: group.errorMessage, in: group.processDefinitionId, element: group.elementId };
}

export function isChosen(group: IncidentGroup, params: URLSearchParams): boolean {
  return Object.entries(addressOf(group)).every(([name, value]) => (params.get(name) ?? "") === value);
}

/** What is searched for: active incidents, of the chosen group or all of the chosen process. */
export function filterFrom(params: URLSearchParams): GroupFilter {
  const process = params.get("in") || params.get("process");
  const error = params.get("error");
  const element = params.get("element");
  return {
    state: "ACTIVE",
    ...(process && { processDefinitionId: process }),
    ...(error && { errorMessage: error }),
    ...(element && { elementId: element }),
  };
}

/** The search for all incidents of a group. */
export function filterOf(group: IncidentGroup): GroupFilter {
  return filterFrom(new URLSearchParams(addressOf(group)));
}
