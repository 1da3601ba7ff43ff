import type { Form } from "@bpmn-io/form-js-viewer";

type Path = readonly (string | number)[];

interface Instance {
  id: string;
  valuePath: Path;
}

/**
 * What form-js submits, with the rows of all lists that are shown, whole. form-js leaves out a list of which every row was removed, a row
 * of which every field is hidden or disabled, and by what a row could be told from another; then the server would take rows for removed,
 * or for others. What a person cannot change in them the server does not take.
 */
export function withAllRows(form: Form, data: Record<string, unknown>): Record<string, unknown> {
  const fields = form.get<{ get(id: string): { type?: string; isRepeating?: boolean } | undefined }>("formFieldRegistry");
  const instances = form.get<{ getAll(): Instance[] }>("formFieldInstanceRegistry").getAll();
  const typed = form._getState().data as unknown;
  const whole = structuredClone(data);
  for (const { id, valuePath } of instances) {
    const field = fields.get(id);
    const rows = field?.type === "dynamiclist" && field.isRepeating ? at(typed, valuePath) : undefined;
    if (Array.isArray(rows)) put(whole, valuePath, structuredClone(rows));
  }
  return whole;
}

function at(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((found, step) => (found as Record<string | number, unknown> | null | undefined)?.[step], data);
}

function put(data: unknown, path: Path, value: unknown): void {
  let inside = data as Record<string | number, unknown>;
  path.slice(0, -1).forEach((step, index) => {
    inside[step] ??= typeof path[index + 1] === "number" ? [] : {};
    inside = inside[step] as Record<string | number, unknown>;
  });
  inside[path[path.length - 1]!] = value;
}
