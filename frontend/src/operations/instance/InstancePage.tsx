import { Button, Tab, TabList, TabPanel, TabPanels, Tabs } from "@carbon/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { api } from "@/api/client";
import { useLive } from "@/api/live";
import { totalOf, useResource, useSearch } from "@/api/queries";
import { useAddress } from "@/shared/address";
import { InstanceDiagram } from "@/shared/instance";
import { tell, tellRefusal } from "@/shared/notices";
import { ErrorState, LoadingState } from "@/shared/states";
import { StatusTag, statusOf } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import type { ProcessInstance } from "../types";
import { Deletion } from "./Deletion";
import { ElementDetails } from "./ElementDetails";
import { History } from "./History";
import { Incidents } from "./Incidents";
import { Jobs } from "./Jobs";
import { Journal } from "./Journal";
import { Variables } from "./Variables";
import { Waiting } from "./Waiting";
import { EndingDialog } from "./EndingDialog";
import "./InstancePage.scss";

const LIVE = [
  ["process-instances"],
  ["element-instances"],
  ["variables"],
  ["incidents"],
  ["jobs"],
  ["timers"],
  ["message-subscriptions"],
  ["user-tasks"],
] as const;
const TABS = ["variables", "incidents", "jobs", "waiting", "journal"] as const;

/** One instance: where its tokens are, what happened, its variables and incidents. */
export function InstancePage() {
  const { key = "" } = useParams();
  const instance = useResource("/v2/process-instances/{processInstanceKey}", { path: { processInstanceKey: key } });
  useLive(LIVE, { processInstanceKey: key, enabled: instance.isSuccess });
  if (instance.isPending) return <LoadingState label="Loading the instance" />;
  if (instance.isError)
    return <ErrorState error={instance.error} what="instance" backTo="/operations/instances" retry={() => void instance.refetch()} />;
  return <Instance key={key} instance={instance.data} />;
}

function Instance({ instance }: { instance: ProcessInstance }) {
  const key = instance.processInstanceKey;
  const [params, change] = useAddress();
  const elementId = params.get("element") ?? undefined;
  const choose = (id: string | undefined) => change({ element: id === elementId ? undefined : id }, { replace: true });
  const elements = useSearch("element-instances", {
    filter: { processInstanceKey: key },
    sort: [{ field: "startDate", order: "ASC" }],
    page: { limit: 1000 },
  });
  const incidents = useSearch("incidents", {
    filter: { processInstanceKey: key },
    sort: [{ field: "creationTime", order: "DESC" }],
    page: { limit: 200 },
  });
  const open = incidents.data?.items.filter((each) => each.state === "ACTIVE").length ?? 0;
  const tab = Math.max(0, TABS.indexOf((params.get("tab") ?? "variables") as (typeof TABS)[number]));

  return (
    <div className="sw-operations__page">
      <Head instance={instance} />
      <div className="sw-operations__diagram">
        <InstanceDiagram
          processInstanceKey={key}
          processDefinitionKey={instance.processDefinitionKey}
          label="Tokens and path of the instance"
          selected={elementId}
          onSelect={choose}
        />
      </div>
      {elementId && (
        <ElementDetails
          key={elementId}
          elementId={elementId}
          elements={elements.data?.items ?? []}
          incidents={incidents.data?.items ?? []}
          showTab={(name) => change({ tab: name }, { replace: true })}
          close={() => choose(undefined)}
        />
      )}
      <div className="sw-operations__halves">
        <History elements={elements} elementId={elementId} choose={choose} />
        <div className="sw-operations__tabs">
          <Tabs selectedIndex={tab} onChange={({ selectedIndex }) => change({ tab: TABS[selectedIndex] }, { replace: true })}>
            <TabList aria-label="About the instance" scrollDebounceWait={100}>
              <Tab>Variables</Tab>
              <Tab>{open > 0 ? `Incidents (${open})` : "Incidents"}</Tab>
              <Tab>Jobs</Tab>
              <Tab>Waiting</Tab>
              <Tab>Journal</Tab>
            </TabList>
            <TabPanels>
              <TabPanel>
                {tab === 0 && <Variables instance={instance} elements={elements.data?.items ?? []} elementId={elementId} />}
              </TabPanel>
              <TabPanel>
                {tab === 1 && <Incidents found={incidents} elements={elements.data?.items ?? []} elementId={elementId} />}
              </TabPanel>
              <TabPanel>{tab === 2 && <Jobs instance={instance} elementId={elementId} />}</TabPanel>
              <TabPanel>{tab === 3 && <Waiting instance={instance} />}</TabPanel>
              <TabPanel>{tab === 4 && <Journal instance={instance} elements={elements.data?.items ?? []} />}</TabPanel>
            </TabPanels>
          </Tabs>
        </div>
      </div>
    </div>
  );
}

function Head({ instance }: { instance: ProcessInstance }) {
  const key = instance.processInstanceKey;
  const running = instance.endDate === null;
  const callers = useResource(
    "/v2/process-instances/{processInstanceKey}/call-hierarchy",
    { path: { processInstanceKey: key } },
    { enabled: instance.parentProcessInstanceKey !== null, staleTime: Infinity },
  );
  const called = useSearch("process-instances", { filter: { parentProcessInstanceKey: key }, page: { limit: 20 } });
  return (
    <header className="sw-operations__head">
      <p>
        <Link to="/operations/instances">Instances</Link>
        {callers.data
          ?.filter((each) => each.processInstanceKey !== key)
          .map((each) => (
            <span key={each.processInstanceKey}>
              {" / "}
              <Link to={`/operations/instances/${each.processInstanceKey}`}>{each.processDefinitionName}</Link>
            </span>
          ))}
      </p>
      <h1>
        {instance.processDefinitionName || instance.processDefinitionId}
        {instance.businessId && <span className="sw-quiet"> {instance.businessId}</span>}
      </h1>
      <div className="sw-operations__facts">
        <StatusTag status={instance.isSuspended ? "suspended" : statusOf(instance.state, instance.hasIncident)} />
        <span>
          Key <code>{key}</code>
        </span>
        <Link to={`/operations/processes/${encodeURIComponent(instance.processDefinitionId)}?version=${instance.processDefinitionVersion}`}>
          Version {instance.processDefinitionVersion}
        </Link>
        <RelativeDate value={instance.startDate} prefix="Started" />
        {instance.startedBy && <span>by {instance.startedBy}</span>}
        {instance.endDate && <RelativeDate value={instance.endDate} prefix="Ended" />}
        {running ? <Actions instance={instance} /> : <Deletion processInstanceKey={key} />}
      </div>
      {called.data && called.data.items.length > 0 && (
        <p className="sw-operations__called">
          Called:{" "}
          {called.data.items.map((each) => (
            <Link key={each.processInstanceKey} to={`/operations/instances/${each.processInstanceKey}`}>
              {each.processDefinitionName || each.processDefinitionId} ({statusOf(each.state, each.hasIncident)})
            </Link>
          ))}
          {called.data.page.totalItems > called.data.items.length &&
            ` (the first ${called.data.items.length} of ${totalOf(called.data.page)})`}
        </p>
      )}
    </header>
  );
}

function Actions({ instance }: { instance: ProcessInstance }) {
  const path = { processInstanceKey: instance.processInstanceKey };
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: ["process-instances"] });
  const pausing = useMutation({
    mutationFn: () =>
      api.post(`/v2/process-instances/{processInstanceKey}/${instance.isSuspended ? "resumption" : "suspension"}`, { path }),
    onError: (error) => tellRefusal(instance.isSuspended ? "The instance was not resumed" : "The instance was not suspended", error),
    onSuccess: refresh,
  });
  const cancelling = useMutation({
    mutationFn: () => api.post("/v2/process-instances/{processInstanceKey}/cancellation", { path, body: {} }),
    onError: (error) => tellRefusal("The instance was not cancelled", error),
    onSuccess: () => {
      tell("The instance was cancelled");
      return refresh();
    },
    onSettled: () => setAsking(false),
  });
  return (
    <span className="sw-operations__buttons">
      <Button kind="ghost" size="sm" disabled={pausing.isPending} onClick={() => pausing.mutate()}>
        {instance.isSuspended ? "Resume" : "Suspend"}
      </Button>
      <Button kind="danger--ghost" size="sm" onClick={() => setAsking(true)}>
        Cancel instance
      </Button>
      {asking && (
        <EndingDialog
          heading="Cancel this instance?"
          button="Cancel instance"
          isPending={cancelling.isPending}
          confirm={() => cancelling.mutate()}
          close={() => setAsking(false)}
        >
          Its jobs, timers and user tasks end at once, and those of the processes that it called. This cannot be undone.
        </EndingDialog>
      )}
    </span>
  );
}
