import type { FormData } from "@/shared/forms";
import { editableText, typeOfJson, type ValueType } from "@/shared/values";

/** A variable that is being written. */
export interface VariableField {
  id: string;
  name: string;
  /** It was there before: its name stands. */
  known: boolean;
  type: ValueType;
  text: string;
}

let last = 0;

/** A field that opens with a variable's value, or, without one, for a new variable. */
export function fieldFor(name: string, json: string | undefined): VariableField {
  const id = `variable-${++last}`;
  if (json === undefined) return { id, name, known: false, type: "text", text: "" };
  return { id, name, known: true, type: typeOfJson(json), text: editableText(json) };
}

/** The fields of a draft: what was changed so far. */
export function fieldsFromDraft(draft: FormData, variables: Readonly<Record<string, string>>): VariableField[] {
  return Object.entries(draft).map(([name, value]) => ({ ...fieldFor(name, JSON.stringify(value)), known: name in variables }));
}
