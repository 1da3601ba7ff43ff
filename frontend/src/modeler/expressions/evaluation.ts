import { api } from "@/api/client";
import { parseExact, parseExactObject } from "./exactJson";

export interface Evaluation {
  /** As JSON text, with every digit. */
  result: string;
  warnings: string[];
}

/** Evaluates on the server, so that what is shown is what an instance would get. `context` is a JSON object as text: numbers keep their digits. */
export async function evaluate(expression: string, context: string, signal?: AbortSignal): Promise<Evaluation> {
  const answer = await api.post("/v2/expression/evaluation", {
    body: { expression, context: parseExactObject(context) },
    parse: parseExact,
    signal,
  });
  return { result: JSON.stringify(answer.result, null, 2), warnings: answer.warnings.map((warning) => warning.message) };
}
