import { Add, TrashCan } from "@carbon/icons-react";
import { Button, IconButton, TextInput } from "@carbon/react";
import { useImperativeHandle, useState, type Ref } from "react";
import type { FieldErrors, FormData, FormHandle } from "@/shared/forms";
import { mistakeInName, parseValue, ValueFields, ValueText } from "@/shared/values";
import { fieldFor, fieldsFromDraft, type VariableField } from "./variableFields";
import "./VariablesForm.scss";

interface Props {
  /** What the task sees, as JSON texts by name. */
  variables: Readonly<Record<string, string>>;
  draft?: FormData;
  readOnly: boolean;
  errors?: FieldErrors;
  onChange: (values: FormData) => void;
  ref?: Ref<FormHandle>;
}

/** For a task without a form: its variables, which can be changed and added to. Only what was changed is sent. */
export function VariablesForm({ variables, draft, readOnly, errors, onChange, ref }: Props) {
  const [fields, setFields] = useState<readonly VariableField[]>(() => fieldsFromDraft(draft ?? {}, variables));
  const [checked, setChecked] = useState(false);
  const names = Object.keys(variables).sort();
  const edited = new Set(fields.map((field) => field.name));
  const mistakes = fields.map((field, position) => mistakesIn(field, position, fields, names));

  function keep(next: readonly VariableField[]) {
    setFields(next);
    onChange(valuesIn(next));
  }

  useImperativeHandle(ref, () => ({
    submit() {
      setChecked(true);
      return mistakes.some((each) => each.name ?? each.value) ? undefined : valuesIn(fields);
    },
    data: () => valuesIn(fields),
  }));

  return (
    <div className="sw-variables-form">
      <p className="sw-variables-form__intro">
        This task has no form.{" "}
        {readOnly
          ? "These are the variables that it sees."
          : "Change its variables or add some; what you change is written when the task is completed."}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Variable</th>
            <th scope="col">Value</th>
            <th>
              <span className="sw-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) =>
            edited.has(name) ? null : (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <ValueText json={variables[name]!} />
                </td>
                <td>
                  {!readOnly && (
                    <Button kind="ghost" size="sm" onClick={() => keep([...fields, fieldFor(name, variables[name]!)])}>
                      Change<span className="sw-hidden"> {name}</span>
                    </Button>
                  )}
                </td>
              </tr>
            ),
          )}
          {fields.map((field, position) => (
            <tr key={field.id}>
              <th scope="row">
                {field.known ? (
                  field.name
                ) : (
                  <TextInput
                    id={`${field.id}-name`}
                    size="sm"
                    labelText="Name"
                    hideLabel
                    placeholder="Name"
                    readOnly={readOnly}
                    value={field.name}
                    invalid={checked && mistakes[position]!.name !== undefined}
                    invalidText={mistakes[position]!.name}
                    onChange={(event) => keep(fields.with(position, { ...field, name: event.target.value }))}
                  />
                )}
              </th>
              <td>
                <ValueFields
                  id={field.id}
                  name={field.name || "the new variable"}
                  type={field.type}
                  text={field.text}
                  mistake={(checked ? mistakes[position]!.value : undefined) ?? [errors?.[field.name] ?? []].flat()[0]}
                  onChange={(type, text) => keep(fields.with(position, { ...field, type, text }))}
                />
              </td>
              <td>
                <IconButton
                  kind="ghost"
                  size="sm"
                  align="left"
                  label={field.known ? `Leave ${field.name} as it is` : "Take it away"}
                  onClick={() => keep(fields.filter((each) => each !== field))}
                >
                  <TrashCan />
                </IconButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {!readOnly && (
        <Button kind="ghost" size="sm" renderIcon={Add} onClick={() => keep([...fields, fieldFor("", undefined)])}>
          Add a variable
        </Button>
      )}
    </div>
  );
}

function mistakesIn(
  field: VariableField,
  position: number,
  fields: readonly VariableField[],
  names: readonly string[],
): { name?: string; value?: string } {
  const others = fields.filter((_, at) => at !== position).map((each) => each.name.trim());
  const parsed = parseValue(field.type, field.text);
  return {
    name: field.known ? undefined : mistakeInName(field.name, [...names, ...others]),
    value: "mistake" in parsed ? parsed.mistake : undefined,
  };
}

/** What can be read of the fields; what is not finished is left out. */
function valuesIn(fields: readonly VariableField[]): FormData {
  const values: FormData = {};
  for (const { name, type, text } of fields) {
    const parsed = parseValue(type, text);
    if (name.trim() && "value" in parsed) values[name.trim()] = parsed.value;
  }
  return values;
}
