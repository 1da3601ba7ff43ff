import { Search } from "@carbon/react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "@/api/client";
import { useLive } from "@/api/live";
import type { Schemas } from "@/api/contract";
import { useAddress } from "@/shared/address";
import { contains } from "@/shared/matching";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { DataTable, type Column } from "../DataTable";
import { Count } from "./Count";
import { Retention } from "./Retention";

type Statistics = Schemas["ProcessStatisticsResult"];

const LIVE = [["process-definitions", "statistics"]] as const;

const nameOf = (row: Statistics) => row.latestProcessDefinitionName || row.processDefinitionId;

function count(row: Statistics, state: "ACTIVE" | "INCIDENT") {
  const number = state === "ACTIVE" ? row.activeInstancesWithoutIncidentCount : row.activeInstancesWithIncidentCount;
  const label = `${number} of ${nameOf(row)} ${state === "ACTIVE" ? "running" : "with incidents"}`;
  return <Count count={number} state={state} label={label} filters={{ process: row.processDefinitionId }} />;
}

const COLUMNS: readonly Column<Statistics>[] = [
  {
    id: "name",
    title: "Process",
    cell: (row) => (
      <>
        <Link to={`/operations/processes/${encodeURIComponent(row.processDefinitionId)}`}>{nameOf(row)}</Link>
        {row.hasMultipleVersions && <span className="sw-quiet"> several versions</span>}
      </>
    ),
  },
  { id: "id", title: "Id", secondary: true, cell: (row) => <code>{row.processDefinitionId}</code> },
  { id: "running", title: "Running", numeric: true, cell: (row) => count(row, "ACTIVE") },
  { id: "incidents", title: "With incidents", numeric: true, cell: (row) => count(row, "INCIDENT") },
];

/** What is deployed, and how it is with its instances. */
export function ProcessesPage() {
  const [params, change] = useAddress();
  const text = params.get("text") ?? "";
  useLive(LIVE);
  const found = useQuery({
    queryKey: ["process-definitions", "statistics", "process-instances"],
    queryFn: ({ signal }) => api.post("/v2/process-definitions/statistics/process-instances", { body: { page: { limit: 1000 } }, signal }),
  });
  const rows = (found.data?.items ?? [])
    .filter((row) => contains(nameOf(row), text) || contains(row.processDefinitionId, text))
    .sort((a, b) => b.activeInstancesWithIncidentCount - a.activeInstancesWithIncidentCount || nameOf(a).localeCompare(nameOf(b)));
  const running = sum(found.data?.items, (row) => row.activeInstancesWithoutIncidentCount);
  const held = sum(found.data?.items, (row) => row.activeInstancesWithIncidentCount);

  return (
    <div className="sw-operations__page">
      <header className="sw-operations__head">
        <h1>Processes</h1>
        {found.data && (
          <p>
            {running.toLocaleString("en")} running,{" "}
            {held === 0 ? "none held up" : <Link to="/operations/incidents">{`${held.toLocaleString("en")} held up by incidents`}</Link>}
          </p>
        )}
        <div className="sw-operations__facts">
          <Retention processId={null} />
        </div>
      </header>
      {found.isPending && <LoadingState label="Loading the processes" />}
      {found.isError && <ErrorState error={found.error} what="list" retry={() => void found.refetch()} />}
      {found.data?.items.length === 0 && (
        <EmptyState title="Nothing is deployed yet" action={<Link to="/modeler">Draw a process</Link>}>
          Processes appear here when they are deployed.
        </EmptyState>
      )}
      {found.data && found.data.items.length > 0 && (
        <>
          <div className="sw-operations__filters">
            <Search
              size="md"
              labelText="Search by name or id"
              placeholder="Search by name or id"
              value={text}
              onChange={(event) => change({ text: event.target.value }, { replace: true })}
            />
          </div>
          {rows.length === 0 ? (
            <EmptyState compact title="No process fits" />
          ) : (
            <DataTable label="Processes" columns={COLUMNS} rows={rows} keyOf={(row) => row.processDefinitionId} />
          )}
        </>
      )}
    </div>
  );
}

function sum(rows: readonly Statistics[] | undefined, of: (row: Statistics) => number): number {
  return (rows ?? []).reduce((total, row) => total + of(row), 0);
}
