import { ChevronDown, ChevronUp } from "@carbon/icons-react";
import { Button, TextArea } from "@carbon/react";
import { useState, type RefObject } from "react";
import { parseInput } from "../form/preview";
import { FeelResult } from "./FeelResult";
import { keepSamples, samplesOf } from "./samples";
import "./expressions.scss";

/** Sample values of the process's variables, at the foot of the properties panel: what the FEEL fields above are tried with. */
export function Samples({ draftKey, panel }: { draftKey: string; panel: RefObject<HTMLElement | null> }) {
  const [text, setText] = useState(() => samplesOf(draftKey));
  const [open, setOpen] = useState(false);
  const { mistake } = parseInput(text);
  return (
    <section className="sw-samples" aria-label="Sample values">
      <Button kind="ghost" size="sm" renderIcon={open ? ChevronDown : ChevronUp} aria-expanded={open} onClick={() => setOpen(!open)}>
        Sample values
      </Button>
      {open && (
        <TextArea
          id="sample-values"
          labelText="Variables, as a JSON object"
          helperText="The results below FEEL fields are worked out with these. They stay in this browser."
          rows={6}
          spellCheck={false}
          value={text}
          invalid={mistake !== undefined}
          invalidText={mistake}
          onChange={(event) => {
            setText(event.target.value);
            keepSamples(draftKey, event.target.value);
          }}
        />
      )}
      <FeelResult panel={panel} context={mistake === undefined ? text.trim() || "{}" : undefined} />
    </section>
  );
}
