import { Button, TextArea } from "@carbon/react";
import { useMemo, useRef, useState } from "react";
import { FormView, type FormData, type FormHandle } from "@/shared/forms";
import { parseInput } from "./preview";
import "./FormPreview.scss";

/** The form with values to try it: what it is given, and what it would send. */
export function FormPreview({ schema }: { schema: object }) {
  const form = useRef<FormHandle>(null);
  const [input, setInput] = useState("{}");
  const [output, setOutput] = useState<FormData>({});
  const [verdict, setVerdict] = useState<string>();
  const given = useMemo(() => parseInput(input), [input]);

  return (
    <div className="sw-preview">
      <section className="sw-preview__form" aria-label="Form">
        <FormView
          key={JSON.stringify(given.data)}
          ref={form}
          schema={schema}
          data={given.data}
          onChange={(data) => {
            setOutput(data);
            setVerdict(undefined);
          }}
        />
        <div className="sw-preview__check">
          <Button
            kind="tertiary"
            size="md"
            onClick={() => {
              const data = form.current?.submit();
              if (data) setOutput(data);
              setVerdict(data ? "It would be sent." : "It would not be sent: see the fields.");
            }}
          >
            Try to send
          </Button>
          <span role="status">{verdict}</span>
        </div>
      </section>
      <section className="sw-preview__data" aria-label="Data">
        <TextArea
          id="preview-input"
          labelText="Given to the form"
          rows={8}
          spellCheck={false}
          value={input}
          invalid={given.mistake !== undefined}
          invalidText={given.mistake}
          onChange={(event) => setInput(event.target.value)}
        />
        <h3>Sent by the form</h3>
        <pre tabIndex={0}>{JSON.stringify(output, null, 2)}</pre>
      </section>
    </div>
  );
}
