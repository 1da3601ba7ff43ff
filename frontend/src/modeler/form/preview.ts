import { reasonOf } from "@/api/problems";

/** What the person typed as the form's input. With a mistake in it, the form opens empty. */
export function parseInput(text: string): { data: Record<string, unknown>; mistake?: string } {
  if (text.trim() === "") return { data: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { data: value as Record<string, unknown> };
    return { data: {}, mistake: 'Expected an object such as {"amount": 5}.' };
  } catch (error) {
    return { data: {}, mistake: `This is not JSON: ${reasonOf(error)}` };
  }
}
