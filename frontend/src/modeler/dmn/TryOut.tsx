import { Button, Dropdown, InlineNotification, TextArea } from "@carbon/react";
import { useMutation } from "@tanstack/react-query";
import { useState, useSyncExternalStore } from "react";
import { api } from "@/api/client";
import { ApiError, reasonOf } from "@/api/problems";
import type { Schemas } from "@/api/contract";
import { declaredIds } from "../deploy/bundle";
import type { DraftSaver } from "../drafts/saver";
import { parseInput } from "../form/preview";

type Evaluation = Schemas["DecisionEvaluationResult"];

/** Evaluates the deployed version of one of the decisions with values that the person gives. */
export function TryOut({ saver }: { saver: DraftSaver }) {
  const draft = useSyncExternalStore(saver.subscribe, saver.getDraft);
  const decisions = declaredIds("DMN", draft.content);
  const [decision, setDecision] = useState<string>();
  const [text, setText] = useState("{\n  \n}");
  const chosen = decision && decisions.includes(decision) ? decision : decisions[0];
  const given = parseInput(text);
  const evaluation = useMutation<Evaluation, Error>({
    mutationFn: () => api.post("/v2/decision-definitions/evaluation", { body: { decisionDefinitionId: chosen, variables: given.data } }),
  });
  const unknown = evaluation.error instanceof ApiError && evaluation.error.status === 404;

  return (
    <aside className="sw-tryout" aria-label="Try out">
      <Dropdown
        id="decision"
        size="md"
        titleText="Decision"
        helperText="The version that is deployed decides."
        label="Decision"
        items={decisions}
        selectedItem={chosen ?? null}
        onChange={({ selectedItem }) => setDecision(selectedItem ?? undefined)}
      />
      <TextArea
        id="decision-input"
        labelText="Variables, as a JSON object"
        rows={8}
        spellCheck={false}
        value={text}
        invalid={given.mistake !== undefined}
        invalidText={given.mistake}
        onChange={(event) => setText(event.target.value)}
      />
      <Button size="md" disabled={!chosen || given.mistake !== undefined || evaluation.isPending} onClick={() => evaluation.mutate()}>
        Decide
      </Button>
      {evaluation.isError && (
        <InlineNotification
          kind="error"
          lowContrast
          hideCloseButton
          title={unknown ? "This decision is not deployed yet." : "It could not be decided."}
          subtitle={unknown ? "Deploy it, then try again." : reasonOf(evaluation.error)}
        />
      )}
      {evaluation.data && (
        <div role="status">
          <h3>Result</h3>
          <pre tabIndex={0}>{pretty(evaluation.data.output)}</pre>
        </div>
      )}
    </aside>
  );
}

/** The API gives the result as a JSON text. */
function pretty(output: unknown): string {
  if (typeof output !== "string") return JSON.stringify(output, null, 2);
  try {
    return JSON.stringify(JSON.parse(output), null, 2);
  } catch {
    return output;
  }
}
