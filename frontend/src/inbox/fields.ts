import { errorsWithoutField, type FieldErrors } from "@/shared/forms";

interface Component {
  id?: string;
  key?: string;
  path?: string;
  components?: Component[];
}

/** Every field of a form-js schema, those within groups and lists too. */
export function fieldsOf(schema: object): { id: string; key?: string }[] {
  const found: { id: string; key?: string }[] = [];
  const walk = (components: readonly Component[]) => {
    for (const each of components) {
      if (each.id) found.push({ id: each.id, key: each.key ?? each.path });
      walk(each.components ?? []);
    }
  };
  walk((schema as Component).components ?? []);
  return found;
}

/** The objections that no field of the form can show. */
export function leftoverErrors(errors: FieldErrors, schema: object): string[] {
  return errorsWithoutField(errors, fieldsOf(schema));
}
