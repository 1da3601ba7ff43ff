/** A process instance, as the API gives it. */
export interface ProcessInstance {
  processInstanceKey: string;
  processDefinitionKey: string;
  processDefinitionId: string;
  processDefinitionName: string | null;
  processDefinitionVersion: number;
  state: string;
  hasIncident: boolean;
  businessId: string | null;
  startDate: string;
  endDate: string | null;
}

export interface ElementInstance {
  elementInstanceKey: string;
  elementId: string;
  elementName: string | null;
  type: string;
  state: string;
  hasIncident: boolean;
  startDate: string;
  endDate: string | null;
}

export interface Incident {
  incidentKey: string;
  elementId: string;
  errorType: string;
  errorMessage: string;
  stackTrace: string | null;
  state: string;
  creationTime: string;
}

export interface Variable {
  variableKey: string;
  name: string;
  value: string;
  scopeKey: string;
}

export const STATES = ["ALL", "ACTIVE", "COMPLETED", "TERMINATED", "INCIDENT"] as const;
export type StateFilter = (typeof STATES)[number];
export const STATE_LABELS: Record<StateFilter, string> = {
  ALL: "All states",
  ACTIVE: "Running",
  COMPLETED: "Completed",
  TERMINATED: "Cancelled",
  INCIDENT: "With incidents",
};

/** The body of the search that the URL's filters mean. */
export function requestFrom(params: URLSearchParams) {
  const filter: Record<string, unknown> = {};
  const state = STATES.find((each) => each === params.get("state")) ?? "ALL";
  if (state === "INCIDENT") filter.hasIncident = true;
  else if (state !== "ALL") filter.state = state;
  const process = params.get("process");
  if (process) filter.processDefinitionId = process;
  return { filter, sort: [{ field: "startDate", order: "DESC" as const }], page: { limit: 100 } };
}
