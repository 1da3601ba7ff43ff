import type { JournalEntry } from "../types";

/** "jobCompleted" as "job completed". */
export function wordsOf(type: string): string {
  return type.replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}

/** What brought a transition about, in a few words. */
export function causeOf(entry: JournalEntry): string {
  const types = entry.inputs.map((each) => wordsOf(String(each.type)));
  const counted = [...new Set(types)].map((type) => {
    const count = types.filter((each) => each === type).length;
    return count > 1 ? `${type} (${count} times)` : type;
  });
  return counted.join(", ") || "went on";
}

/** What followed, as lines: elements by name, variables with their values. */
export function effectsOf(entry: JournalEntry, nameOf: (elementId: string) => string): string[] {
  return entry.facts.flatMap((given) => {
    const fact = given as Record<string, unknown>;
    const of = (name: string) => (fact[name] === undefined || fact[name] === null ? "" : String(fact[name]));
    const element = of("elementId") && nameOf(of("elementId"));
    switch (fact.type) {
      case "flowTaken":
        return [];
      case "elementActivated":
        return [`entered ${element}`];
      case "elementCompleted":
        return [`completed ${element}`];
      case "elementTerminated":
        return [`ended ${element} early`];
      case "variableWritten":
        return [`${of("name")} = ${short(JSON.stringify(fact.value) ?? "null")}`];
      case "incidentRaised":
        return [`incident at ${element}: ${of("message")}`];
      default:
        return [[wordsOf(String(fact.type)), element].filter(Boolean).join(" ")];
    }
  });
}

const LONG = 100;

function short(text: string): string {
  return text.length > LONG ? `${text.slice(0, LONG)} …` : text;
}
