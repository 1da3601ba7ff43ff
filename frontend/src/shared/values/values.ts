/** What a variable's value is, in a person's words. `json` stands for lists and objects. */
export type ValueType = "text" | "number" | "boolean" | "null" | "json";

export const VALUE_TYPES: readonly { id: ValueType; name: string }[] = [
  { id: "text", name: "Text" },
  { id: "number", name: "Number" },
  { id: "boolean", name: "True or false" },
  { id: "json", name: "JSON" },
  { id: "null", name: "Null" },
];

export type Parsed = { value: unknown } | { mistake: string };

/** JSON as the server sends it, with each number exactly as it was written: 0.10 and 12345678901234567890 survive a round trip. */
export function parseJson(text: string): unknown {
  return (JSON.parse as ParseWithSource)(text, (_, value, context) =>
    typeof value === "number" && context?.source !== undefined && String(value) !== context.source
      ? exactNumber(context.source, value)
      : value,
  );
}

// Part of ECMAScript since 2025, and not yet of TypeScript's library. Where it is missing, numbers are doubles.
type ParseWithSource = (text: string, reviver: (key: string, value: unknown, context?: { source?: string }) => unknown) => unknown;

function exactNumber(source: string, value: number): unknown {
  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
  return rawJSON ? rawJSON(source) : value;
}

/** The type of a value given as JSON text. */
export function typeOfJson(text: string): ValueType {
  const first = text.trimStart()[0];
  if (first === '"') return "text";
  if (first === "{" || first === "[") return "json";
  if (first === "t" || first === "f") return "boolean";
  return first === "n" || first === undefined ? "null" : "number";
}

/** What stands in the field where a value of this type is edited: a text without its quotes, JSON with indentation. */
export function editableText(json: string): string {
  const type = typeOfJson(json);
  if (type === "text") return JSON.parse(json) as string;
  if (type === "json") return indented(json);
  return type === "null" ? "" : json;
}

/** The value that was typed in, or what is wrong with it. */
export function parseValue(type: ValueType, text: string): Parsed {
  if (type === "text") return { value: text };
  if (type === "null") return { value: null };
  if (type === "boolean") return text === "true" || text === "false" ? { value: text === "true" } : { mistake: "Choose true or false." };
  const given = text.trim();
  if (type === "number") {
    return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(given)
      ? { value: parseJson(given) }
      : { mistake: "Expected a number such as 12 or 0.5." };
  }
  try {
    return { value: parseJson(given) };
  } catch (error) {
    return { mistake: `This is not JSON: ${(error as Error).message}` };
  }
}

/** JSON with line breaks and indentation; what is no JSON (a truncated value) stays as it is. */
export function indented(json: string): string {
  try {
    return JSON.stringify(parseJson(json), null, 2);
  } catch {
    return json;
  }
}

/** What is wrong with the name of a new variable, if anything. */
export function mistakeInName(name: string, taken: readonly string[]): string | undefined {
  if (name.trim() === "") return "A variable needs a name.";
  if (taken.includes(name.trim())) return "There is a variable of this name already.";
  return undefined;
}
