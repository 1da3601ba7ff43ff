import { Checkbox, InlineNotification, Modal, SkeletonText } from "@carbon/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { ApiError, reasonOf } from "@/api/problems";
import { useSelection } from "@/shared/selection";
import { KIND_NAMES, type DraftSummary } from "../library/drafts";
import { KindIcon } from "../library/KindIcon";
import { ProblemLine } from "../problems/ProblemsPanel";
import { arranged, problemsOf } from "../problems/problems";
import type { Resource } from "./bundle";
import { bundleOf, deploy, type Deployment } from "./deployments";
import "./deploy.scss";

interface Props {
  draft: DraftSummary;
  content: string;
  close: () => void;
  /** Selects an element that a problem names; the dialog closes. */
  show?: (elementId: string) => void;
}

/** Which resources go into the deployment; then what became of it. */
export function DeployDialog({ draft, content, close, show }: Props) {
  const client = useQueryClient();
  const left = useSelection((resource: Resource) => resource.resourceName);
  const bundle = useQuery({
    queryKey: ["bundle", draft.draftKey, content],
    queryFn: () => bundleOf(client, draft, content),
    staleTime: 0,
    gcTime: 0,
  });
  const chosen = bundle.data ? [bundle.data.main, ...bundle.data.linked.filter((each) => !left.keys.has(each.resourceName))] : [];
  const deploying = useMutation<Deployment, Error, Resource[]>({
    mutationFn: deploy,
    onSuccess: () =>
      client.invalidateQueries({
        predicate: ({ queryKey }) =>
          ["drafts", "process-definitions", "decision-definitions"].includes(String(queryKey[0])) && queryKey[1] !== draft.draftKey,
      }),
  });

  if (deploying.data) {
    return (
      <Modal
        open
        passiveModal
        size="sm"
        modalHeading={deploying.data.isNew === false ? "Nothing has changed since the last deployment" : "Deployed"}
        onRequestClose={close}
      >
        <DeployedList deployment={deploying.data} />
      </Modal>
    );
  }
  return (
    <Modal
      open
      size="sm"
      modalHeading="Deploy"
      primaryButtonText={deploying.isPending ? "Deploying …" : "Deploy"}
      secondaryButtonText="Cancel"
      primaryButtonDisabled={!bundle.data || deploying.isPending}
      onRequestClose={close}
      onRequestSubmit={() => deploying.mutate(chosen)}
    >
      {bundle.isPending && <SkeletonText paragraph lineCount={3} />}
      {bundle.isError && (
        <InlineNotification
          kind="error"
          lowContrast
          hideCloseButton
          title="The bundle could not be put together."
          subtitle={reasonOf(bundle.error)}
        />
      )}
      {bundle.data && (
        <>
          <p className="sw-deploy__lead">These are deployed together: all of them, or none.</p>
          <ul className="sw-deploy__list">
            <li>
              <KindIcon kind={bundle.data.main.kind} />
              <span>{bundle.data.main.title}</span>
              <code>{bundle.data.main.resourceName}</code>
            </li>
            {bundle.data.linked.map((resource) => (
              <li key={resource.resourceName}>
                <KindIcon kind={resource.kind} />
                <Checkbox
                  id={`take-${resource.resourceName}`}
                  labelText={resource.title}
                  checked={!left.keys.has(resource.resourceName)}
                  onChange={(_event, { checked }) => left.select([resource], !checked)}
                />
                <code>{resource.resourceName}</code>
              </li>
            ))}
          </ul>
          {bundle.data.missing.length > 0 && (
            <InlineNotification
              kind="info"
              lowContrast
              hideCloseButton
              title="Not among the drafts"
              subtitle={`${bundle.data.missing.map(({ kind, id }) => `${KIND_NAMES[kind].toLowerCase()} “${id}”`).join(", ")}. The version that is deployed is used.`}
            />
          )}
        </>
      )}
      {deploying.isError && (
        <Failure
          error={deploying.error}
          openResource={bundle.data?.main.resourceName ?? ""}
          show={show && ((elementId) => (close(), show(elementId)))}
        />
      )}
    </Modal>
  );
}

/** Why a deployment was refused, with each problem leading to its element. */
export function Failure({ error, openResource, show }: { error: Error; openResource: string; show?: (elementId: string) => void }) {
  const found = error instanceof ApiError ? (error.problem.problems ?? []) : [];
  return (
    <div className="sw-deploy__failure" role="alert">
      <InlineNotification kind="error" lowContrast hideCloseButton title="Nothing was deployed." subtitle={reasonOf(error)} />
      {arranged(problemsOf(found, openResource)).map((problem, index) => (
        <ProblemLine key={index} problem={problem} show={show} />
      ))}
    </div>
  );
}

function DeployedList({ deployment }: { deployment: Deployment }) {
  return (
    <div tabIndex={-1} data-modal-primary-focus>
      <ul className="sw-deploy__list">
        {deployment.deployments.map(({ processDefinition, form, decisionDefinition }, index) => (
          <li key={index}>
            {processDefinition && (
              <>
                <KindIcon kind="BPMN" />
                <Link to={`/operations/instances?process=${encodeURIComponent(processDefinition.processDefinitionId)}`}>
                  {processDefinition.processDefinitionId}
                </Link>
                <span className="sw-quiet">version {processDefinition.processDefinitionVersion}</span>
              </>
            )}
            {form && (
              <>
                <KindIcon kind="FORM" />
                <span>{form.formId}</span>
                <span className="sw-quiet">version {form.version}</span>
              </>
            )}
            {decisionDefinition && (
              <>
                <KindIcon kind="DMN" />
                <span>{decisionDefinition.name || decisionDefinition.decisionDefinitionId}</span>
                <span className="sw-quiet">version {decisionDefinition.version}</span>
              </>
            )}
          </li>
        ))}
      </ul>
      {deployment.problems?.map((problem, index) => (
        <ProblemLine key={index} problem={{ ...problem, source: "deployment", severity: "warning" }} />
      ))}
    </div>
  );
}
