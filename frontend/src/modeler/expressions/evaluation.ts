import { api } from "@/api/client";
import { parseExact } from "./exactJson";

export interface Evaluation {
  /** As JSON text, with every digit. */
  result: string;
  warnings: string[];
}

/** Evaluates on the server, so that what is shown is what an instance would get. `context` is a JSON object as text: numbers keep their digits. */
export async function evaluate(expression: string, context: string, signal?: AbortSignal): Promise<Evaluation> {
  const text = await api.post<string>(
    "/v2/expression/evaluation",
    { expression, context: parseExact(context) },
    { signal, expect: "text" },
  );
  const answer = parseExact(text) as { result: unknown; warnings: { message: string }[] };
  return { result: JSON.stringify(answer.result, null, 2), warnings: answer.warnings.map((warning) => warning.message) };
}
