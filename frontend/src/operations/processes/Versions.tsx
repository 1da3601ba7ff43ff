import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/client";
import { ErrorState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import { DataTable, type Column } from "../DataTable";
import type { ProcessDefinition } from "../types";
import { Count } from "./Count";
import "./Versions.scss";

/** Each version of a process with what runs of it: is anything left on the old ones? */
export function Versions({
  versions,
  shown,
  show,
}: {
  versions: readonly ProcessDefinition[];
  shown: number;
  show: (version: number) => void;
}) {
  const processDefinitionId = versions[0]!.processDefinitionId;
  const found = useQuery({
    queryKey: ["process-definitions", "elements", "by-version", processDefinitionId],
    queryFn: ({ signal }) =>
      api.post("/v2/process-definitions/statistics/process-instances-by-version", {
        body: { filter: { processDefinitionId }, page: { limit: 1000 } },
        signal,
      }),
  });
  if (found.isError) return <ErrorState error={found.error} what="counts of the versions" compact retry={() => void found.refetch()} />;
  const counts = new Map(found.data?.items.map((each) => [each.processDefinitionKey, each]));

  function count(row: ProcessDefinition, state: "ACTIVE" | "INCIDENT") {
    const of = counts.get(row.processDefinitionKey);
    const number = state === "ACTIVE" ? of?.activeInstancesWithoutIncidentCount : of?.activeInstancesWithIncidentCount;
    const label = `${number} of version ${row.version} ${state === "ACTIVE" ? "running" : "with incidents"}`;
    return number === undefined ? (
      <span className="sw-quiet">…</span>
    ) : (
      <Count count={number} state={state} label={label} filters={{ process: processDefinitionId, version: String(row.version) }} />
    );
  }

  const columns: readonly Column<ProcessDefinition>[] = [
    {
      id: "version",
      title: "Version",
      cell: (row) => (
        <button type="button" className="sw-link" aria-pressed={row.version === shown} onClick={() => show(row.version)}>
          {row.versionTag ? `${row.version} (${row.versionTag})` : row.version}
        </button>
      ),
    },
    { id: "deployed", title: "Deployed", cell: (row) => <RelativeDate value={row.deployedAt} /> },
    { id: "by", title: "By", secondary: true, cell: (row) => row.deployedBy },
    { id: "running", title: "Running", numeric: true, cell: (row) => count(row, "ACTIVE") },
    { id: "incidents", title: "With incidents", numeric: true, cell: (row) => count(row, "INCIDENT") },
  ];
  return (
    <section className="sw-operations__versions">
      <h2>Versions</h2>
      <DataTable label="Versions" columns={columns} rows={versions} keyOf={(row) => row.processDefinitionKey} />
    </section>
  );
}
