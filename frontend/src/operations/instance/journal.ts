import type { JournalEntry } from "../types";

type Given = Record<string, unknown>;
type NameOf = (elementId: string) => string;

/** What brought a transition about: a sentence for each kind of input. */
export const CAUSES: Record<string, (input: Given, nameOf: NameOf) => string> = {
  started: (input, nameOf) =>
    joined(
      "started",
      textOf(input.startEvent) && `at ${nameOf(textOf(input.startEvent))}`,
      listOf(input.before).length > 0 &&
        `before ${listOf(input.before)
          .map((id) => nameOf(String(id)))
          .join(", ")}`,
    ),
  jobCompleted: () => "job completed",
  jobFailed: (input) => withReason("job failed", input.message),
  jobErrorThrown: (input) => withReason(`job threw the error ${textOf(input.code)}`, input.message),
  userTaskCompleted: () => "user task completed",
  userTaskChanged: (input) => `user task ${taskChange(textOf(input.action), (input.values as Given | undefined) ?? {})}`,
  userTaskErrorThrown: (input) => withReason(`user task threw the error ${textOf(input.code)}`, input.message),
  timerFired: () => "timer fired",
  messageArrived: (input) => `message ${textOf(input.name)} arrived`,
  signalArrived: (input) => `signal ${textOf(input.name)} arrived`,
  scriptCompleted: () => "script completed",
  scriptFailed: (input) => withReason("script failed", input.message),
  scriptErrorThrown: (input) => withReason(`script threw the error ${textOf(input.code)}`, input.message),
  decisionEvaluated: () => "decision evaluated",
  decisionFailed: (input) => withReason("decision failed", input.message),
  childStarted: () => "called process started",
  childNotStarted: (input) => withReason("called process could not start", input.message),
  childCompleted: () => "called process completed",
  childTerminated: () => "called process was cancelled",
  childErrorThrown: (input) => withReason(`called process ended by the error ${textOf(input.code)}`, input.message),
  childEscalated: (input) => `called process escalated ${textOf(input.code)}`,
  incidentResolved: () => "incident resolved",
  variablesSet: (input) => `variables set: ${Object.keys((input.variables as Given | undefined) ?? {}).join(", ")}`,
  cancelled: (input) => withReason("cancelled", input.reason),
  modified: (input, nameOf) =>
    `modified: ${[activated(input.activate, nameOf), listOf(input.terminate).length > 0 && `${listOf(input.terminate).length} ended`].filter(Boolean).join(", ")}`,
  adHocActivated: (input, nameOf) =>
    `ad-hoc activities: ${[activated(input.elements, nameOf), input.cancelRemaining === true && "the rest cancelled"].filter(Boolean).join(", ")}`,
  migrated: () => "migrated to another version",
  restored: (input) => `back to entry ${textOf(input.sequence)} of the journal of ${textOf(input.source)}`,
  suspended: () => "suspended",
  resumed: () => "resumed",
  timerRescheduled: (input) => `timer moved to ${textOf(input.dueAt)}`,
  keysGranted: () => "further keys granted",
};

/** What followed: a line for each kind of fact, null for what the other lines say already. */
export const FACTS: Record<string, (fact: Given, nameOf: NameOf) => string | null> = {
  elementActivated: (fact, nameOf) =>
    fact.elementType === "MULTI_INSTANCE_BODY"
      ? `entered ${elementOf(fact, nameOf)}, in several instances`
      : `entered ${elementOf(fact, nameOf)}`,
  elementCompleted: (fact, nameOf) => `completed ${elementOf(fact, nameOf)}`,
  elementTerminated: (fact, nameOf) => `ended ${elementOf(fact, nameOf)} early`,
  elementMigrated: (fact, nameOf) => `goes on as ${elementOf(fact, nameOf)}`,
  flowTaken: () => null,
  variableWritten: (fact) => `${textOf(fact.name)} = ${short(JSON.stringify(fact.value) ?? "null")}`,
  incidentRaised: (fact, nameOf) => `incident at ${elementOf(fact, nameOf)}: ${textOf(fact.message)}`,
  incidentClosed: (fact, nameOf) => `incident at ${elementOf(fact, nameOf)} closed`,
  errorThrown: (fact, nameOf) => `${elementOf(fact, nameOf)} threw the error ${textOf(fact.code)}, ${caught(fact, nameOf)}`,
  escalated: (fact, nameOf) => `${elementOf(fact, nameOf)} escalated ${textOf(fact.code)}, ${caught(fact, nameOf)}`,
  compensated: (fact, nameOf) => `undoes ${elementOf(fact, nameOf)}`,
  inputIgnored: (fact) => `came too late: ${wordsOf(textOf(fact.input))}, ${textOf(fact.reason)}`,
  warningRecorded: (fact, nameOf) => `warning at ${elementOf(fact, nameOf)}: ${textOf(fact.message)}`,
};

/** In a few words; what came several times is counted. */
export function causeOf(entry: JournalEntry, nameOf: NameOf = (id) => id): string {
  const sentences = entry.inputs.map((input) => {
    const type = textOf(input.type);
    return CAUSES[type]?.(input, nameOf) ?? wordsOf(type);
  });
  const counted = [...new Set(sentences)].map((sentence) => {
    const count = sentences.filter((each) => each === sentence).length;
    return count > 1 ? `${sentence} (${count} times)` : sentence;
  });
  return counted.join(", ") || "went on";
}

/** As lines: elements by name, variables with their values. */
export function effectsOf(entry: JournalEntry, nameOf: NameOf): string[] {
  return entry.facts.flatMap((fact) => {
    const type = textOf(fact.type);
    const line = FACTS[type] ? FACTS[type](fact, nameOf) : joined(wordsOf(type), elementOf(fact, nameOf));
    return line === null ? [] : [line];
  });
}

/** "jobCompleted" and "JobCompleted" as "job completed": for a kind that a newer server has and this page does not know. */
export function wordsOf(type: string): string {
  return type
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replace(/^[A-Z]/, (first) => first.toLowerCase());
}

const LONG = 100;

function short(text: string): string {
  return text.length > LONG ? `${text.slice(0, LONG)} …` : text;
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function elementOf(fact: Given, nameOf: NameOf): string {
  const id = textOf(fact.elementId);
  return id && nameOf(id);
}

function activated(instructions: unknown, nameOf: NameOf): string {
  const names = listOf(instructions).map((each) => elementOf(each as Given, nameOf));
  return names.length > 0 ? `${names.join(", ")} activated` : "";
}

function caught(fact: Given, nameOf: NameOf): string {
  return fact.caughtBy ? `caught by ${nameOf(textOf(fact.caughtBy))}` : "caught by nothing";
}

function taskChange(action: string, values: Given): string {
  if (action === "claim") return "claimed";
  if (action === "assign") return `assigned to ${textOf(values.assignee)}`;
  if (action === "unassign") return "given back";
  return `changed: ${Object.keys(values)
    .map((name) => name.replace(/_/g, " "))
    .join(", ")}`;
}

function withReason(what: string, reason: unknown): string {
  return textOf(reason) ? `${what}: ${short(textOf(reason))}` : what;
}

function joined(...parts: (string | false)[]): string {
  return parts.filter(Boolean).join(" ");
}
