import { Button } from "@carbon/react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "@/api/client";
import { useLive } from "@/api/live";
import { totalOf, useSearch } from "@/api/queries";
import { useAddress } from "@/shared/address";
import { BulkDialog, type Outcome } from "@/shared/bulk";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusTag, statusOf } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import { DataTable, type Column } from "../DataTable";
import { retryIncidentsOf } from "../incidents/retry";
import type { ProcessInstance } from "../types";
import { countOf, requestFrom, sortingFrom } from "./filters";
import { InstanceFilters } from "./InstanceFilters";

const LIVE = [["process-instances"]] as const;

const nameOf = (row: ProcessInstance) => `${row.processDefinitionName || row.processDefinitionId} ${row.businessId || row.processInstanceKey}`;

const COLUMNS: readonly Column<ProcessInstance>[] = [
  { id: "state", title: "State", cell: (row) => <StatusTag status={row.isSuspended ? "suspended" : statusOf(row.state, row.hasIncident)} size="sm" /> },
  { id: "process", title: "Process", cell: (row) => row.processDefinitionName || row.processDefinitionId },
  { id: "key", title: "Instance", field: "processInstanceKey", cell: (row) => <Link to={`/operations/instances/${row.processInstanceKey}`}>{row.processInstanceKey}</Link> },
  { id: "business", title: "Business id", field: "businessId", cell: (row) => row.businessId ?? <span className="sw-quiet">–</span> },
  { id: "version", title: "Version", numeric: true, secondary: true, cell: (row) => row.processDefinitionVersion },
  { id: "started", title: "Started", field: "startDate", cell: (row) => <RelativeDate value={row.startDate} /> },
  { id: "ended", title: "Ended", secondary: true, field: "endDate", cell: (row) => <RelativeDate value={row.endDate} /> },
];

/** All process instances, newest first; the address holds the filters. */
export function InstancesPage() {
  const [params, change] = useAddress();
  const client = useQueryClient();
  const [selected, setSelected] = useState<ReadonlyMap<string, ProcessInstance>>(new Map());
  const [doing, setDoing] = useState<"cancel" | "retry">();
  const found = useSearch<ProcessInstance>("process-instances", requestFrom(params));
  useLive(LIVE);
  const rows = found.data?.items ?? [];
  const chosen = [...selected.values()];

  function select(keys: string[], wanted: boolean) {
    const next = new Map(selected);
    for (const key of keys) {
      const row = rows.find((each) => each.processInstanceKey === key);
      if (wanted && row) next.set(key, row);
      else next.delete(key);
    }
    setSelected(next);
  }

  return (
    <div className="sw-operations__page">
      <header className="sw-operations__head">
        <h1>Instances</h1>
        {found.data && <p aria-live="polite">{`${totalOf(found.data.page)} found`}</p>}
      </header>
      <InstanceFilters />
      {chosen.length > 0 && (
        <div className="sw-operations__actions" role="toolbar" aria-label="Selected instances">
          <span>{chosen.length} selected</span>
          <Button size="sm" kind="tertiary" onClick={() => setDoing("retry")}>
            Retry incidents
          </Button>
          <Button size="sm" kind="danger--tertiary" onClick={() => setDoing("cancel")}>
            Cancel instances
          </Button>
          <Button size="sm" kind="ghost" onClick={() => setSelected(new Map())}>
            Select none
          </Button>
        </div>
      )}
      {found.isPending && <LoadingState label="Loading the instances" />}
      {found.isError && <ErrorState error={found.error} what="list" retry={() => void found.refetch()} />}
      {found.data && rows.length === 0 && (
        <EmptyState title="No instances">{countOf(params) > 0 ? "None fits these filters." : "Start a process from the modeler, or over the API."}</EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label="Process instances"
          columns={COLUMNS}
          rows={rows}
          keyOf={(row) => row.processInstanceKey}
          nameOf={nameOf}
          sorting={sortingFrom(params)}
          sort={({ field, order }) => change({ sort: field, order, after: undefined })}
          selected={new Set(selected.keys())}
          select={select}
        />
      )}
      <Pages after={params.get("after")} next={rows.length >= 50 ? found.data?.page.endCursor : undefined} go={(after) => change({ after })} />
      {doing === "cancel" && (
        <BulkDialog
          danger
          heading={chosen.length === 1 ? "Cancel this instance?" : `Cancel ${chosen.length} instances?`}
          button="Cancel instances"
          items={chosen}
          keyOf={(row) => row.processInstanceKey}
          name={nameOf}
          action={(row) => api.post(`/v2/process-instances/${row.processInstanceKey}/cancellation`, {})}
          finished={keepRefused}
          close={() => setDoing(undefined)}
        >
          Their jobs, timers and user tasks end at once. This cannot be undone.
        </BulkDialog>
      )}
      {doing === "retry" && (
        <BulkDialog
          heading={chosen.length === 1 ? "Retry this instance's incidents?" : `Retry the incidents of ${chosen.length} instances?`}
          button="Retry"
          items={chosen}
          keyOf={(row) => row.processInstanceKey}
          name={nameOf}
          action={(row) => retryIncidentsOf(row.processInstanceKey)}
          finished={keepRefused}
          close={() => setDoing(undefined)}
        >
          What failed is tried again, with its retries renewed. Instances without incidents stay as they are.
        </BulkDialog>
      )}
    </div>
  );

  /** What was refused stays selected, so that it is not lost among the others. */
  function keepRefused(outcomes: readonly Outcome<ProcessInstance>[]) {
    setSelected(new Map(outcomes.filter((each) => each.state === "refused").map(({ item }) => [item.processInstanceKey, item])));
    void client.invalidateQueries({ queryKey: ["process-instances"] });
  }
}

/** To the next page, and back to the first; the browser's own way goes back one. */
function Pages({ after, next, go }: { after: string | null; next: string | null | undefined; go: (after: string | undefined) => void }) {
  if (!after && !next) return null;
  return (
    <nav className="sw-operations__pages" aria-label="Pages">
      <Button size="sm" kind="ghost" disabled={!after} onClick={() => go(undefined)}>
        First page
      </Button>
      <Button size="sm" kind="ghost" disabled={!next} onClick={() => next && go(next)}>
        Next page
      </Button>
    </nav>
  );
}
