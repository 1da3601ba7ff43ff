/** Every state that a colour stands for. The word always goes with the colour. */
export type Status = "running" | "completed" | "incident" | "waiting" | "suspended" | "cancelled";

export const STATUS_WORDS: Record<Status, string> = {
  running: "Running",
  completed: "Completed",
  incident: "Incident",
  waiting: "Waiting",
  suspended: "Suspended",
  cancelled: "Cancelled",
};

const BY_API_STATE: Record<string, Status> = {
  ACTIVE: "running",
  CREATED: "running",
  CREATING: "running",
  ASSIGNING: "running",
  UPDATING: "running",
  COMPLETING: "running",
  COMPLETED: "completed",
  CANCELED: "cancelled",
  CANCELING: "cancelled",
  CANCELLED: "cancelled",
  TERMINATED: "cancelled",
  SUSPENDED: "suspended",
  FAILED: "incident",
};

/** The status for a state as the API spells it; an incident outweighs a running state. */
export function statusOf(state: string, hasIncident = false): Status {
  const status = BY_API_STATE[state.toUpperCase()] ?? "running";
  return hasIncident && status === "running" ? "incident" : status;
}
