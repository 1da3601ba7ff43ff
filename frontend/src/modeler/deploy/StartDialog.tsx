import { InlineNotification, Modal, SkeletonText, TextArea } from "@carbon/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Link } from "react-router";
import { api, search } from "@/api/client";
import { ApiError, reasonOf } from "@/api/problems";
import { FormView, type FormData, type FormHandle } from "@/shared/forms";
import type { DraftSummary } from "../library/drafts";
import { startFormId, type Bundle } from "./bundle";
import { Failure } from "./DeployDialog";
import { bundleOf, deploy } from "./deployments";
import "./deploy.scss";

interface Props {
  draft: DraftSummary;
  content: string;
  close: () => void;
  show: (elementId: string) => void;
}

interface Preparation {
  bundle: Bundle;
  /** The schema of the form that starts the process, if it has one. */
  form?: object;
}

/** Deploys the draft as it stands and starts an instance of it, with the start form's values or with variables as JSON. */
export function StartDialog({ draft, content, close, show }: Props) {
  const client = useQueryClient();
  const form = useRef<FormHandle>(null);
  const [text, setText] = useState("{\n  \n}");
  const [mistake, setMistake] = useState<string>();
  const preparation = useQuery<Preparation>({
    queryKey: ["start", draft.draftKey, content],
    queryFn: async () => {
      const bundle = await bundleOf(client, draft, content);
      return { bundle, form: await startForm(bundle) };
    },
    staleTime: 0,
    gcTime: 0,
  });
  const starting = useMutation<{ processInstanceKey: string }, Error, FormData>({
    mutationFn: async (variables) => {
      const { bundle } = preparation.data!;
      const deployment = await deploy([bundle.main, ...bundle.linked]);
      const process = deployment.deployments.find(
        (each) => each.processDefinition?.resourceName === bundle.main.resourceName,
      )?.processDefinition;
      if (!process) throw new Error("The diagram has no process that can be started. Set “Executable” in the properties of the process.");
      return api.post("/v2/process-instances", { body: { processDefinitionKey: process.processDefinitionKey, variables } });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["process-instances"] }),
  });

  const errors = starting.error instanceof ApiError ? starting.error.problem.errors : undefined;

  function submit() {
    const variables = preparation.data?.form ? form.current?.submit() : parsed(text, setMistake);
    if (variables) starting.mutate(variables);
  }

  if (starting.data) {
    const key = starting.data.processInstanceKey;
    return (
      <Modal open passiveModal size="xs" modalHeading="Started" onRequestClose={close}>
        <p tabIndex={-1} data-modal-primary-focus>
          Instance <Link to={`/operations/instances/${key}`}>{key}</Link> of “{draft.name}” is on its way.
        </p>
      </Modal>
    );
  }
  return (
    <Modal
      open
      size="sm"
      modalHeading={`Start “${draft.name}”`}
      primaryButtonText={starting.isPending ? "Starting …" : "Deploy and start"}
      secondaryButtonText="Cancel"
      primaryButtonDisabled={!preparation.data || starting.isPending}
      onRequestClose={close}
      onRequestSubmit={submit}
    >
      {preparation.isPending && <SkeletonText paragraph lineCount={4} />}
      {preparation.isError && (
        <InlineNotification
          kind="error"
          lowContrast
          hideCloseButton
          title="The start could not be prepared."
          subtitle={reasonOf(preparation.error)}
        />
      )}
      {preparation.data?.form && (
        <FormView ref={form} schema={preparation.data.form} errors={errors} onSubmit={(values) => starting.mutate(values)} />
      )}
      {preparation.data && !preparation.data.form && (
        <TextArea
          id="variables"
          className="sw-deploy__json"
          labelText="Variables, as a JSON object"
          helperText="The draft is deployed as it stands, with what it links to; then one instance is started."
          rows={8}
          spellCheck={false}
          value={text}
          invalid={mistake !== undefined}
          invalidText={mistake}
          onChange={(event) => {
            setText(event.target.value);
            setMistake(undefined);
          }}
        />
      )}
      {starting.isError && (
        <StartFailure error={starting.error} bundle={preparation.data?.bundle} show={(elementId) => (close(), show(elementId))} />
      )}
    </Modal>
  );
}

function StartFailure({ error, bundle, show }: { error: Error; bundle?: Bundle; show: (elementId: string) => void }) {
  if (error instanceof ApiError && error.problem.problems)
    return <Failure error={error} openResource={bundle?.main.resourceName ?? ""} show={show} />;
  return <InlineNotification kind="error" lowContrast hideCloseButton title="Nothing was started." subtitle={reasonOf(error)} />;
}

/** The draft of the start form, which is what will be deployed; else the one that was deployed before. */
async function startForm({ main, linked }: Bundle): Promise<object | undefined> {
  const formId = startFormId(main.content);
  if (!formId) return undefined;
  const drafted = linked.find((resource) => resource.kind === "FORM" && JSON.parse(resource.content).id === formId);
  if (drafted) return JSON.parse(drafted.content) as object;
  const processDefinitionId = main.resourceName.replace(/\.bpmn$/, "");
  const latest = await search("process-definitions", {
    filter: { processDefinitionId, isLatestVersion: true },
  });
  const key = latest.items[0]?.processDefinitionKey;
  if (!key) return undefined;
  const form = await api
    .get("/v2/process-definitions/{processDefinitionKey}/form", { path: { processDefinitionKey: key } })
    .catch(() => undefined);
  return form && (JSON.parse(form.schema) as object);
}

function parsed(text: string, refuse: (reason: string) => void): FormData | undefined {
  if (!text.trim()) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as FormData;
    refuse('Expected an object such as {"amount": 5}.');
  } catch (error) {
    refuse(`This is not JSON: ${reasonOf(error)}`);
  }
  return undefined;
}
