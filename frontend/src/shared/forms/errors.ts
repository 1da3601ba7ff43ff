/** Objections by field: the field's key (or path such as `customer.name`), or its id. */
export type FieldErrors = Record<string, string | readonly string[]>;

/** The same objections by the id of the field, as form-js wants them. One that fits no field is left out. */
export function errorsById(errors: FieldErrors, fields: readonly { id: string; key?: string }[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, messages] of Object.entries(errors)) {
    const field = fields.find((each) => each.key === name || each.id === name);
    if (field) found[field.id] = typeof messages === "string" ? [messages] : [...messages];
  }
  return found;
}

/** The objections that fit no field, to be shown beside the form. */
export function errorsWithoutField(errors: FieldErrors, fields: readonly { id: string; key?: string }[]): string[] {
  return Object.entries(errors)
    .filter(([name]) => !fields.some((each) => each.key === name || each.id === name))
    .flatMap(([, messages]) => messages);
}
