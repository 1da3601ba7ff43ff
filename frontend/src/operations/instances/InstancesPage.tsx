import { Button } from "@carbon/react";
import { useState } from "react";
import { Link } from "react-router";
import { useLive } from "@/api/live";
import { totalOf, useSearch } from "@/api/queries";
import { useIsAdmin } from "@/api/session";
import { useAddress } from "@/shared/address";
import { useSelection } from "@/shared/selection";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusTag, statusOf } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import { BatchDialog, type InstanceAction } from "../batch";
import { Pages } from "../Pages";
import { DataTable, type Column } from "../DataTable";
import type { ProcessInstance } from "../types";
import { countOf, requestFrom, sortingFrom } from "./filters";
import { InstanceFilters } from "./InstanceFilters";

const LIVE = [["process-instances"]] as const;

const keyOf = (row: ProcessInstance) => row.processInstanceKey;
const nameOf = (row: ProcessInstance) =>
  `${row.processDefinitionName || row.processDefinitionId} ${row.businessId || row.processInstanceKey}`;

const COLUMNS: readonly Column<ProcessInstance>[] = [
  {
    id: "state",
    title: "State",
    cell: (row) => <StatusTag status={row.isSuspended ? "suspended" : statusOf(row.state, row.hasIncident)} size="sm" />,
  },
  { id: "process", title: "Process", cell: (row) => row.processDefinitionName || row.processDefinitionId },
  {
    id: "key",
    title: "Instance",
    field: "processInstanceKey",
    cell: (row) => <Link to={`/operations/instances/${row.processInstanceKey}`}>{row.processInstanceKey}</Link>,
  },
  { id: "business", title: "Business id", field: "businessId", cell: (row) => row.businessId ?? <span className="sw-quiet">–</span> },
  { id: "version", title: "Version", numeric: true, secondary: true, cell: (row) => row.processDefinitionVersion },
  { id: "started", title: "Started", field: "startDate", cell: (row) => <RelativeDate value={row.startDate} /> },
  { id: "ended", title: "Ended", secondary: true, field: "endDate", cell: (row) => <RelativeDate value={row.endDate} /> },
];

/** All process instances, newest first; the address holds the filters. */
export function InstancesPage() {
  const [params, change] = useAddress();
  const isAdmin = useIsAdmin();
  const selection = useSelection(keyOf);
  const [all, setAll] = useState(false);
  const [doing, setDoing] = useState<InstanceAction>();
  const request = requestFrom(params);
  const found = useSearch("process-instances", request);
  useLive(LIVE);
  const rows = found.data?.items ?? [];
  const total = found.data?.page.totalItems ?? 0;
  const totalText = found.data ? totalOf(found.data.page) : "";
  // what the filters find now; what comes later is not meant
  const everything = all && countOf(params) > 0;
  const meant = everything ? (request.filter ?? {}) : { processInstanceKey: { $in: [...selection.keys] } };
  const count = everything ? totalText : selection.keys.size.toLocaleString("en");

  function select(chosen: readonly ProcessInstance[], wanted: boolean) {
    if (everything) selection.none();
    setAll(false);
    selection.select(chosen, wanted);
  }

  function selectNone() {
    setAll(false);
    selection.none();
  }

  return (
    <div className="sw-operations__page">
      <header className="sw-operations__head">
        <h1>Instances</h1>
        {found.data && <p aria-live="polite">{`${totalText} found`}</p>}
      </header>
      <InstanceFilters />
      {(selection.keys.size > 0 || everything) && (
        <div className="sw-operations__actions" role="toolbar" aria-label="Selected instances">
          <span aria-live="polite">{everything ? `All ${totalText} that fit the filters` : `${count} selected`}</span>
          {!everything && countOf(params) > 0 && total > rows.length && (
            <Button size="sm" kind="ghost" onClick={() => setAll(true)}>
              Select all {totalText}
            </Button>
          )}
          <Button size="sm" kind="tertiary" onClick={() => setDoing("incident-resolution")}>
            Retry incidents
          </Button>
          <Button size="sm" kind="tertiary" onClick={() => setDoing("suspension")}>
            Suspend
          </Button>
          <Button size="sm" kind="tertiary" onClick={() => setDoing("resumption")}>
            Resume
          </Button>
          <Button size="sm" kind="danger--tertiary" onClick={() => setDoing("cancellation")}>
            Cancel instances
          </Button>
          {isAdmin && (
            <Button size="sm" kind="danger--tertiary" onClick={() => setDoing("deletion")}>
              Delete
            </Button>
          )}
          <Button size="sm" kind="ghost" onClick={selectNone}>
            Select none
          </Button>
        </div>
      )}
      {found.isPending && <LoadingState label="Loading the instances" />}
      {found.isError && <ErrorState error={found.error} what="list" retry={() => void found.refetch()} />}
      {found.data && rows.length === 0 && (
        <EmptyState title="No instances">
          {countOf(params) > 0 ? "None fits these filters." : "Start a process from the modeler, or over the API."}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label="Process instances"
          columns={COLUMNS}
          rows={rows}
          keyOf={keyOf}
          nameOf={nameOf}
          sorting={sortingFrom(params)}
          sort={({ field, order }) => change({ sort: field, order, after: undefined })}
          selected={everything ? new Set(rows.map(keyOf)) : selection.keys}
          select={select}
        />
      )}
      <Pages
        after={params.get("after")}
        next={rows.length >= 50 ? found.data?.page.endCursor : undefined}
        go={(after) => change({ after })}
      />
      {doing && (
        <BatchDialog
          batch={{ to: "process-instances", action: doing, filter: meant }}
          count={`${count} ${count === "1" ? "instance" : "instances"}`}
          begun={selectNone}
          close={() => setDoing(undefined)}
        />
      )}
    </div>
  );
}
