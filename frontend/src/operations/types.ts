import type { Schemas } from "@/api/contract";

export type ProcessInstance = Schemas["ProcessInstanceResult"];
export type ElementInstance = Schemas["ElementInstanceResult"];
export type Incident = Schemas["IncidentResult"];
export type Variable = Schemas["VariableFoundResult"];
export type ProcessDefinition = Schemas["ProcessDefinitionResult"];
export type Job = Schemas["JobResult"];
export type Timer = Schemas["TimerResult"];
export type MessageSubscription = Schemas["MessageSubscriptionResult"];
export type UserTask = Schemas["UserTaskResult"];
export type JournalEntry = Schemas["JournalEntryResult"];
