import { Button, ProgressBar } from "@carbon/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import { useSearch } from "@/api/queries";
import { useAddress } from "@/shared/address";
import { tellRefusal } from "@/shared/notices";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusTag } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import { DataTable, type Column } from "../DataTable";
import { Pages } from "../Pages";
import { hasEnded, nameOf, progressText, statusOf, type BatchOperation } from "./batch";
import { BatchItems } from "./BatchItems";
import "./batch.scss";

const PAGE = 50;

/** What was done to many instances, how far it is, and what became of each. */
export function BatchOperationsPage() {
  const [params, change] = useAddress();
  const after = params.get("after");
  const shown = params.get("operation");
  const found = useSearch(
    "batch-operations",
    { sort: [{ field: "batchOperationKey", order: "DESC" }], page: { limit: PAGE, ...(after && { after }) } },
    { refetchInterval: ({ state }) => (state.data?.items.some((each) => !hasEnded(each)) ? 1_000 : 10_000) },
  );
  const rows = found.data?.items ?? [];
  const columns: readonly Column<BatchOperation>[] = [
    {
      id: "name",
      title: "Operation",
      cell: (row) => (
        <button
          type="button"
          className="sw-link"
          aria-pressed={row.batchOperationKey === shown}
          onClick={() => change({ operation: row.batchOperationKey === shown ? undefined : row.batchOperationKey })}
        >
          {nameOf(row)}
        </button>
      ),
    },
    { id: "state", title: "State", cell: (row) => <StatusTag size="sm" {...statusOf(row)} /> },
    { id: "progress", title: "Progress", cell: (row) => <Progress operation={row} /> },
    { id: "by", title: "By", secondary: true, cell: (row) => row.actorId },
    { id: "started", title: "Begun", secondary: true, cell: (row) => <RelativeDate value={row.startDate} /> },
    { id: "actions", title: "Actions", cell: (row) => <Actions operation={row} /> },
  ];
  const operation = rows.find((each) => each.batchOperationKey === shown);

  return (
    <div className="sw-operations__page">
      <header className="sw-operations__head">
        <h1>Batch operations</h1>
        <p>What was done to many instances at once, kept for 90 days.</p>
      </header>
      {found.isPending && <LoadingState label="Loading the batch operations" />}
      {found.isError && <ErrorState error={found.error} what="list" retry={() => void found.refetch()} />}
      {found.data && rows.length === 0 && (
        <EmptyState title="No batch operations">Choose instances in the list of instances, and what is to be done to them.</EmptyState>
      )}
      {rows.length > 0 && <DataTable label="Batch operations" columns={columns} rows={rows} keyOf={(row) => row.batchOperationKey} />}
      <Pages
        after={after}
        next={rows.length >= PAGE && (after || (found.data?.page.totalItems ?? 0) > rows.length) ? found.data?.page.endCursor : undefined}
        go={(to) => change({ after: to })}
      />
      {shown && (
        <BatchItems
          key={shown}
          operationKey={shown}
          operation={operation}
          close={() => change({ operation: undefined, items: undefined })}
        />
      )}
    </div>
  );
}

function Progress({ operation }: { operation: BatchOperation }) {
  const { operationsTotalCount: total, operationsCompletedCount: done, operationsFailedCount: failed } = operation;
  if (hasEnded(operation)) return <span>{progressText(operation)}</span>;
  return (
    <div className="sw-batch-progress">
      <ProgressBar
        size="small"
        hideLabel
        label={nameOf(operation)}
        helperText={progressText(operation)}
        value={operation.state === "CREATED" ? undefined : done + failed}
        max={Math.max(total, 1)}
      />
    </div>
  );
}

function Actions({ operation }: { operation: BatchOperation }) {
  const client = useQueryClient();
  const moving = useMutation({
    mutationFn: (what: "suspension" | "resumption" | "cancellation") =>
      api.post(`/v2/batch-operations/{batchOperationKey}/${what}`, { path: { batchOperationKey: operation.batchOperationKey } }),
    onError: (error) => tellRefusal("The batch operation stays as it is", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["batch-operations"] }),
  });
  if (hasEnded(operation)) return null;
  return (
    <span className="sw-operations__buttons">
      {operation.state === "ACTIVE" && (
        <Button kind="ghost" size="sm" disabled={moving.isPending} onClick={() => moving.mutate("suspension")}>
          Suspend
        </Button>
      )}
      {operation.state === "SUSPENDED" && (
        <Button kind="ghost" size="sm" disabled={moving.isPending} onClick={() => moving.mutate("resumption")}>
          Resume
        </Button>
      )}
      <Button kind="danger--ghost" size="sm" disabled={moving.isPending} onClick={() => moving.mutate("cancellation")}>
        Stop
      </Button>
    </span>
  );
}
