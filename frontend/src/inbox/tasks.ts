import { api } from "@/api/client";

/** A user task, as `POST /v2/user-tasks/search` gives it. */
export interface UserTask {
  userTaskKey: string;
  name: string | null;
  state: string;
  assignee: string | null;
  elementId: string;
  candidateUsers: string[];
  candidateGroups: string[];
  processName: string | null;
  processDefinitionId: string;
  processDefinitionKey: string;
  processDefinitionVersion: number;
  processInstanceKey: string;
  formKey: string | null;
  creationDate: string;
  completionDate: string | null;
  dueDate: string | null;
  followUpDate: string | null;
  priority: number;
}

export interface TaskForm {
  formId: string;
  schema: string | object;
}

export interface Variable {
  name: string;
  value: unknown;
}

export function claim(key: string, assignee: string): Promise<void> {
  return api.post(`/v2/user-tasks/${key}/assignment`, { assignee, allowOverride: false, action: "claim" });
}

export function release(key: string): Promise<void> {
  return api.delete(`/v2/user-tasks/${key}/assignee`);
}

export function complete(key: string, variables: Record<string, unknown>): Promise<void> {
  return api.post(`/v2/user-tasks/${key}/completion`, { variables });
}

export function saveDraft(key: string, variables: Record<string, unknown>): Promise<void> {
  return api.put(`/v2/user-tasks/${key}/draft`, { variables });
}

/** Variables as the search gives them, with values as JSON texts, as one object. */
export function asObject(variables: readonly Variable[]): Record<string, unknown> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, parsed(value)]));
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

export function schemaOf(form: TaskForm): object {
  return typeof form.schema === "string" ? (JSON.parse(form.schema) as object) : form.schema;
}
