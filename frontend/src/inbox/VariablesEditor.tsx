import { TextArea } from "@carbon/react";
import { useImperativeHandle, useState, type Ref } from "react";
import type { FormData, FormHandle } from "@/shared/forms";

interface VariablesEditorProps {
  data: FormData;
  readOnly: boolean;
  ref?: Ref<FormHandle>;
}

/** For a task without a form: its variables to look at, and the results as JSON. */
export function VariablesEditor({ data, readOnly, ref }: VariablesEditorProps) {
  const [text, setText] = useState("{}");
  const [invalid, setInvalid] = useState<string>();

  function read(): FormData | undefined {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as FormData;
    } catch {
      // said below
    }
    setInvalid('Expected a JSON object such as {"approved": true}.');
    return undefined;
  }
  useImperativeHandle(ref, () => ({ submit: read, data: () => data }));

  return (
    <>
      <h3>Variables</h3>
      <pre className="inbox__variables">{JSON.stringify(data, null, 2)}</pre>
      {!readOnly && (
        <TextArea
          id="results"
          labelText="Results"
          helperText="What completing the task writes, as a JSON object."
          rows={6}
          value={text}
          invalid={invalid !== undefined}
          invalidText={invalid}
          onChange={(event) => {
            setText(event.target.value);
            setInvalid(undefined);
          }}
        />
      )}
    </>
  );
}
