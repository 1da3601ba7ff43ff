import { Button, Select, SelectItem } from "@carbon/react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "@/api/client";
import { useLive } from "@/api/live";
import { totalOf, useSearch } from "@/api/queries";
import type { Schemas } from "@/api/contract";
import { useAddress } from "@/shared/address";
import { useSelection } from "@/shared/selection";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import { BatchDialog } from "../batch";
import { DataTable, type Column } from "../DataTable";
import { Pages } from "../Pages";
import { instancesAddress } from "../instances/filters";
import type { Incident } from "../types";
import { addressOf, filterFrom, filterOf, isChosen } from "./groups";
import { IncidentGroups } from "./IncidentGroups";

const keyOf = (incident: Incident) => incident.incidentKey;

const LIVE = [["incidents"]] as const;
const PAGE = 100;
const GROUPS = 200;
const NO_GROUP = { error: undefined, in: undefined, element: undefined, after: undefined };

interface Meant {
  count: string;
  filter: Schemas["IncidentFilter"];
}

/** What holds instances up: by error, process and element, and one by one; each can be tried again, alone or together. */
export function IncidentsPage() {
  const [params, change] = useAddress();
  const selection = useSelection(keyOf);
  const [retrying, setRetrying] = useState<Meant>();
  useLive(LIVE);
  const process = params.get("process") ?? "";
  const error = params.get("error") ?? "";
  const after = params.get("after");
  const filter = filterFrom(params);
  const groups = useQuery({
    queryKey: ["incidents", "statistics", "groups", process],
    queryFn: ({ signal }) =>
      api.post("/v2/incidents/statistics/groups", {
        body: { ...(process && { filter: { processDefinitionId: process } }), page: { limit: GROUPS } },
        signal,
      }),
    placeholderData: keepPreviousData,
  });
  const found = useSearch("incidents", {
    filter,
    sort: [{ field: "creationTime", order: "DESC" }],
    page: { limit: PAGE, ...(after && { after }) },
  });
  const definitions = useSearch("process-definitions", { filter: { isLatestVersion: true }, page: { limit: 500 } }, { staleTime: 60_000 });
  const names = new Map(definitions.data?.items.map((each) => [each.processDefinitionId, each.name || each.processDefinitionId]));
  const nameOf = (id: string) => names.get(id) ?? id;
  const narrowed = Object.keys(filter).length > 1;
  const rows = found.data?.items ?? [];
  const total = found.data?.page.totalItems ?? 0;

  const columns: readonly Column<Incident>[] = [
    { id: "process", title: "Process", cell: (row) => nameOf(row.processDefinitionId) },
    {
      id: "instance",
      title: "Instance",
      cell: (row) => <Link to={`/operations/instances/${row.processInstanceKey}?tab=incidents`}>{row.processInstanceKey}</Link>,
    },
    { id: "element", title: "Element", secondary: true, cell: (row) => <code>{row.elementId}</code> },
    { id: "message", title: "What went wrong", cell: (row) => <span className="sw-operations__message">{row.errorMessage}</span> },
    { id: "since", title: "Since", secondary: true, cell: (row) => <RelativeDate value={row.creationTime} /> },
  ];

  const incidents = (count: string) => `${count} ${count === "1" ? "incident" : "incidents"}`;

  return (
    <div className="sw-operations__page">
      <header className="sw-operations__head">
        <h1>Incidents</h1>
        {found.data && <p aria-live="polite">{`${totalOf(found.data.page)} open`}</p>}
      </header>
      {groups.isError && <ErrorState error={groups.error} what="groups" retry={() => void groups.refetch()} compact />}
      {groups.data && groups.data.items.length > 0 && (
        <IncidentGroups
          groups={groups.data.items}
          processName={nameOf}
          isChosen={(group) => isChosen(group, params)}
          choose={(group) => change(isChosen(group, params) ? NO_GROUP : { ...addressOf(group), after: undefined })}
          retry={(group) => setRetrying({ count: incidents(group.activeIncidentCount.toLocaleString("en")), filter: filterOf(group) })}
        />
      )}
      {groups.data && groups.data.page.totalItems > groups.data.items.length && (
        <p className="sw-quiet">{`The largest ${GROUPS} of ${groups.data.page.totalItems.toLocaleString("en")} groups.`}</p>
      )}
      <div className="sw-operations__filters">
        <Select
          id="incident-process"
          labelText="Process"
          value={process}
          onChange={(event) => change({ ...NO_GROUP, process: event.target.value })}
        >
          <SelectItem value="" text="All processes" />
          {definitions.data?.items.map((each) => (
            <SelectItem key={each.processDefinitionKey} value={each.processDefinitionId} text={each.name || each.processDefinitionId} />
          ))}
        </Select>
        <div className="sw-operations__buttons">
          {found.data && total > 0 && (
            <Button size="md" kind="tertiary" onClick={() => setRetrying({ count: incidents(totalOf(found.data.page)), filter })}>
              Retry all {totalOf(found.data.page)}
            </Button>
          )}
          {error && (
            <>
              <Button size="md" kind="ghost" onClick={() => change(NO_GROUP)}>
                All errors
              </Button>
              <Link to={instancesAddress({ error, state: "INCIDENT", process: filter.processDefinitionId, element: filter.elementId })}>
                The instances with this error
              </Link>
            </>
          )}
        </div>
      </div>
      {selection.keys.size > 0 && (
        <div className="sw-operations__actions" role="toolbar" aria-label="Selected incidents">
          <span>{selection.keys.size} selected</span>
          <Button
            size="sm"
            kind="tertiary"
            onClick={() =>
              setRetrying({
                count: incidents(selection.keys.size.toLocaleString("en")),
                filter: { incidentKey: { $in: [...selection.keys] } },
              })
            }
          >
            Retry selected
          </Button>
          <Button size="sm" kind="ghost" onClick={selection.none}>
            Select none
          </Button>
        </div>
      )}
      {found.isPending && <LoadingState label="Loading the incidents" />}
      {found.isError && <ErrorState error={found.error} what="list" retry={() => void found.refetch()} />}
      {found.data && rows.length === 0 && (
        <EmptyState
          title={narrowed ? "No incident is left here" : "No incidents"}
          action={
            narrowed && (
              <Button size="md" kind="tertiary" onClick={() => change({ ...NO_GROUP, process: undefined })}>
                Show all incidents
              </Button>
            )
          }
        >
          {!narrowed && "Whatever fails for good appears here."}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable
          label="Incidents"
          columns={columns}
          rows={rows}
          keyOf={keyOf}
          nameOf={(row) => `${row.elementId} of ${row.processInstanceKey}`}
          selected={selection.keys}
          select={selection.select}
        />
      )}
      <Pages
        after={after}
        next={rows.length >= PAGE && (after || total > rows.length) ? found.data?.page.endCursor : undefined}
        go={(to) => change({ after: to })}
      />
      {retrying && (
        <BatchDialog
          batch={{ to: "incidents", action: "resolution", filter: retrying.filter }}
          count={retrying.count}
          begun={selection.none}
          close={() => setRetrying(undefined)}
        />
      )}
    </div>
  );
}
