import { Button, InlineNotification, Tab, TabList, TabPanel, TabPanels, Tabs } from "@carbon/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useParams } from "react-router";
import { api } from "@/api/client";
import { useLive } from "@/api/live";
import { reasonOf } from "@/api/problems";
import { useResource, useSearch } from "@/api/queries";
import { DiagramViewer, type Badge } from "@/shared/diagram";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusTag, statusOf } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import type { ElementInstance, Incident, ProcessInstance, Variable } from "./instances";

const LIVE = [["process-instances"], ["element-instances"], ["variables"], ["incidents"]] as const;

interface ElementCounts {
  elementId: string;
  active: number;
  incidents: number;
  completed: number;
}

/** One instance: where its tokens are, what happened, its variables and incidents. */
export function InstancePage() {
  const { key = "" } = useParams();
  const instance = useResource<ProcessInstance>(`process-instances/${key}`);
  useLive(LIVE, { processInstanceKey: key });
  if (instance.isPending) return <LoadingState label="Loading the instance" />;
  if (instance.isError) return <ErrorState error={instance.error} what="instance" backTo="/operations" retry={() => void instance.refetch()} />;
  return <Instance instance={instance.data} />;
}

function Instance({ instance }: { instance: ProcessInstance }) {
  const key = instance.processInstanceKey;
  const client = useQueryClient();
  const [failure, setFailure] = useState<string>();
  const cancelling = useMutation({
    mutationFn: () => api.post(`/v2/process-instances/${key}/cancellation`, {}),
    onError: (error) => setFailure(reasonOf(error)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["process-instances"] }),
  });

  return (
    <div className="operations operations--instance">
      <header>
        <p>
          <Link to="/operations">Process instances</Link>
        </p>
        <h1>{instance.processDefinitionName ?? instance.processDefinitionId}</h1>
        <p className="operations__facts">
          <StatusTag status={statusOf(instance.state, instance.hasIncident)} /> <span>Key {key}</span> <span>Version {instance.processDefinitionVersion}</span>{" "}
          <RelativeDate value={instance.startDate} prefix="Started" /> {instance.endDate && <RelativeDate value={instance.endDate} prefix="Ended" />}
          {instance.state === "ACTIVE" && (
            <Button kind="danger--ghost" size="sm" disabled={cancelling.isPending} onClick={() => cancelling.mutate()}>
              Cancel instance
            </Button>
          )}
        </p>
        {failure && <InlineNotification kind="error" lowContrast title="Refused" subtitle={failure} onCloseButtonClick={() => setFailure(undefined)} />}
      </header>
      <InstanceDiagram instance={instance} />
      <Tabs>
        <TabList aria-label="About the instance">
          <Tab>History</Tab>
          <Tab>Variables</Tab>
          <Tab>Incidents</Tab>
        </TabList>
        <TabPanels>
          <TabPanel>
            <History instanceKey={key} />
          </TabPanel>
          <TabPanel>
            <Variables instanceKey={key} />
          </TabPanel>
          <TabPanel>
            <Incidents instanceKey={key} />
          </TabPanel>
        </TabPanels>
      </Tabs>
    </div>
  );
}

function InstanceDiagram({ instance }: { instance: ProcessInstance }) {
  const key = instance.processInstanceKey;
  const xml = useResource<string>(`process-definitions/${instance.processDefinitionKey}/xml`, { expect: "text", staleTime: Infinity });
  const counts = useResource<{ items: ElementCounts[] }>(`process-instances/${key}/statistics/element-instances`);
  const flows = useResource<{ items: { elementId: string }[] }>(`process-instances/${key}/sequence-flows`);
  const badges = useMemo<Badge[]>(
    () =>
      (counts.data?.items ?? []).flatMap((each) => [
        ...(each.active > each.incidents ? [{ elementId: each.elementId, status: "running" as const, text: each.active }] : []),
        ...(each.incidents > 0 ? [{ elementId: each.elementId, status: "incident" as const, text: each.incidents }] : []),
      ]),
    [counts.data],
  );
  const path = useMemo(
    () => ({
      flowIds: (flows.data?.items ?? []).map((each) => each.elementId),
      elementIds: (counts.data?.items ?? []).filter((each) => each.completed > 0).map((each) => each.elementId),
    }),
    [flows.data, counts.data],
  );
  if (xml.isPending) return <LoadingState label="Loading the diagram" lines={3} />;
  if (xml.isError) return <ErrorState error={xml.error} what="diagram" retry={() => void xml.refetch()} compact />;
  return (
    <div className="operations__diagram">
      <DiagramViewer xml={xml.data} label="Tokens and path of the instance" badges={badges} path={path} />
    </div>
  );
}

function History({ instanceKey }: { instanceKey: string }) {
  const elements = useSearch<ElementInstance>("element-instances", {
    filter: { processInstanceKey: instanceKey },
    sort: [{ field: "startDate", order: "ASC" }],
    page: { limit: 500 },
  });
  if (elements.isPending) return <LoadingState label="Loading the history" />;
  if (elements.isError) return <ErrorState error={elements.error} what="history" retry={() => void elements.refetch()} compact />;
  return (
    <div className="operations__scroll" role="region" aria-label="History" tabIndex={0}>
      <table className="operations__table">
        <thead>
          <tr>
            <th scope="col">Element</th>
            <th scope="col">Type</th>
            <th scope="col">State</th>
            <th scope="col">Entered</th>
            <th scope="col">Left</th>
          </tr>
        </thead>
        <tbody>
          {elements.data.items.map((each) => (
            <tr key={each.elementInstanceKey}>
              <td>{each.elementName || each.elementId}</td>
              <td>{each.type.toLowerCase().replaceAll("_", " ")}</td>
              <td>
                <StatusTag status={statusOf(each.state, each.hasIncident)} size="sm" />
              </td>
              <td>
                <RelativeDate value={each.startDate} />
              </td>
              <td>
                <RelativeDate value={each.endDate} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Variables({ instanceKey }: { instanceKey: string }) {
  const variables = useSearch<Variable>("variables", { filter: { processInstanceKey: instanceKey }, sort: [{ field: "name", order: "ASC" }], page: { limit: 500 } });
  if (variables.isPending) return <LoadingState label="Loading the variables" />;
  if (variables.isError) return <ErrorState error={variables.error} what="list" retry={() => void variables.refetch()} compact />;
  if (variables.data.items.length === 0) return <EmptyState title="No variables" compact />;
  return (
    <div className="operations__scroll" role="region" aria-label="Variables" tabIndex={0}>
      <table className="operations__table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {variables.data.items.map((each) => (
            <tr key={`${each.scopeKey}-${each.name}`}>
              <td>{each.name}</td>
              <td>
                <code>{each.value}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Incidents({ instanceKey }: { instanceKey: string }) {
  const client = useQueryClient();
  const [failure, setFailure] = useState<string>();
  const incidents = useSearch<Incident>("incidents", { filter: { processInstanceKey: instanceKey }, page: { limit: 100 } });
  const resolving = useMutation({
    mutationFn: (incident: string) => api.post(`/v2/incidents/${incident}/resolution`, {}),
    onError: (error) => setFailure(reasonOf(error)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["incidents"] }),
  });
  if (incidents.isPending) return <LoadingState label="Loading the incidents" />;
  if (incidents.isError) return <ErrorState error={incidents.error} what="list" retry={() => void incidents.refetch()} compact />;
  if (incidents.data.items.length === 0) return <EmptyState title="No incidents" compact />;
  return (
    <>
      {failure && <InlineNotification kind="error" lowContrast title="Refused" subtitle={failure} onCloseButtonClick={() => setFailure(undefined)} />}
      {incidents.data.items.map((each) => (
        <article key={each.incidentKey} className="operations__incident">
          <h3>
            {each.elementId} <StatusTag status={each.state === "ACTIVE" ? "incident" : "completed"} label={each.state === "ACTIVE" ? "Active" : "Resolved"} size="sm" />
          </h3>
          <p>{each.errorMessage}</p>
          {each.stackTrace && <pre>{each.stackTrace}</pre>}
          {each.state === "ACTIVE" && (
            <Button size="sm" kind="tertiary" disabled={resolving.isPending} onClick={() => resolving.mutate(each.incidentKey)}>
              Try again
            </Button>
          )}
        </article>
      ))}
    </>
  );
}
