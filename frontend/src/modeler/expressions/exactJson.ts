type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;
const exact = JSON as unknown as { rawJSON?: (text: string) => unknown; parse(text: string, reviver: Reviver): unknown };

/** JSON whose numbers are written again as they were read, where the browser can do that: 34 digits are too many for its own. */
export function parseExact(text: string): unknown {
  return exact.parse(text, (_, value, context) => {
    if (typeof value !== "number" || !exact.rawJSON || context?.source === undefined) return value;
    return String(value) === context.source ? value : exact.rawJSON(context.source);
  });
}

/** The same of a JSON object. Throws when it is something else. */
export function parseExactObject(text: string): Record<string, unknown> {
  const value = parseExact(text);
  if (!isObject(value)) throw new Error('Expected an object such as {"amount": 5}.');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
