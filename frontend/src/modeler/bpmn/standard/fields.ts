/** What the panel shows of an element: fields, and lists of things that have fields themselves. All of it is read from the file. */

import { listOf, type Moddle } from "../standardFields";
import type { Edit } from "./edit";

export interface Choice {
  value: string;
  label: string;
}

interface Shown {
  id: string;
  label: string;
}

export interface Field extends Shown {
  kind: "text" | "checkbox" | "select" | "feel";
  description?: string;
  /** Whether an expression may be a plain text as well. */
  feel?: "required" | "optional";
  disabled?: boolean;
  choices?: readonly Choice[];
  get(): string | boolean;
  set(edit: Edit, value: unknown): void;
}

export interface List extends Shown {
  kind: "list";
  /** What the list is for, in a sentence. */
  description?: string;
  items: readonly Moddle[];
  describe(item: Moddle, index: number): Item;
  add?(edit: Edit): void;
  remove(edit: Edit, item: Moddle): void;
}

export interface Item {
  label: string;
  fields: readonly (Field | List)[];
  /** Whether it has to stay, as the file would be broken without it. */
  stays?: boolean;
}

type Details = Partial<Pick<Field, "description" | "feel" | "disabled">>;

export function textField(id: string, label: string, holder: Moddle, property: string, details: Details = {}): Field {
  return {
    ...details,
    id,
    label,
    kind: "text",
    get: () => String(holder.get(property) ?? ""),
    set: (edit, value) => edit.set(holder, property, textOf(value)),
  };
}

export function checkboxField(id: string, label: string, holder: Moddle, property: string, details: Details = {}): Field {
  return {
    ...details,
    id,
    label,
    kind: "checkbox",
    get: () => holder.get(property) === true,
    set: (edit, value) => edit.set(holder, property, value === true ? true : undefined),
  };
}

/** A formal expression in an element of its own. */
export function expressionField(id: string, label: string, holder: Moddle, property: string, details: Details = {}): Field {
  return {
    feel: "required",
    ...details,
    id,
    label,
    kind: "feel",
    get: () => bodyOf(holder, property),
    set: (edit, value) => {
      const body = textOf(value);
      edit.set(holder, property, body ? edit.make("bpmn:FormalExpression", holder, { body }) : undefined);
    },
  };
}

export function bodyOf(holder: Moddle, property: string): string {
  return String((holder.get(property) as Moddle | undefined)?.get("body") ?? "");
}

export function selectField(
  id: string,
  label: string,
  choices: readonly Choice[],
  get: () => string,
  set: (edit: Edit, value: string) => void,
  details: Details = {},
): Field {
  return { ...details, id, label, kind: "select", choices, get, set: (edit, value) => set(edit, String(value ?? "")) };
}

/** The text without white space around it; undefined where nothing is left. */
export function textOf(value: unknown): string | undefined {
  const text = typeof value === "string" ? value.trim() : "";
  return text || undefined;
}

export function itemsOf(holder: Moddle | undefined, property: string): Moddle[] {
  return listOf<Moddle>(holder?.get(property));
}
