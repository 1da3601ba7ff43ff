import { totalOf, useSearch } from "@/api/queries";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusTag, type Status } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import { DataTable, type Column } from "../DataTable";
import type { Job, ProcessInstance } from "../types";

const COLUMNS: readonly Column<Job>[] = [
  { id: "state", title: "State", cell: (row) => <StatusTag size="sm" {...stateOf(row)} /> },
  { id: "element", title: "Element", cell: (row) => row.elementId },
  { id: "type", title: "Type", cell: (row) => <code>{row.type}</code> },
  { id: "attempt", title: "Attempts", numeric: true, cell: (row) => row.attempts.length },
  { id: "retries", title: "Retries left", numeric: true, cell: (row) => row.retries },
  { id: "worker", title: "Worker", secondary: true, cell: (row) => row.worker || <span className="sw-quiet">–</span> },
  {
    id: "when",
    title: "When",
    cell: (row) =>
      row.endTime ? (
        <RelativeDate value={row.endTime} />
      ) : (
        <RelativeDate value={row.availableAt} prefix={new Date(row.availableAt) > new Date() ? "again" : undefined} />
      ),
  },
  {
    id: "error",
    title: "Last error",
    secondary: true,
    cell: (row) => row.errorMessage && <span className="sw-operations__message">{row.errorMessage}</span>,
  },
];

const WORDS: Record<string, { status: Status; label: string }> = {
  CREATED: { status: "waiting", label: "Waits for a worker" },
  ACTIVATED: { status: "running", label: "At work" },
  FAILED: { status: "incident", label: "Failed" },
  COMPLETED: { status: "completed", label: "Completed" },
  CANCELED: { status: "cancelled", label: "Cancelled" },
  ERROR_THROWN: { status: "completed", label: "Threw an error" },
  TIMED_OUT: { status: "waiting", label: "Timed out" },
};

export function stateOf({ state, retries, attempts }: Job): { status: Status; label: string } {
  if (state === "FAILED" && retries > 0) return { status: "waiting", label: `Waits for attempt ${attempts.length + 1}` };
  return WORDS[state] ?? { status: "running", label: state.toLowerCase().replaceAll("_", " ") };
}

/** The work that handlers and external workers do for this instance. */
export function Jobs({ instance, elementId }: { instance: ProcessInstance; elementId: string | undefined }) {
  const found = useSearch("jobs", {
    filter: { processInstanceKey: instance.processInstanceKey, ...(elementId && { elementId }) },
    sort: [{ field: "creationTime", order: "DESC" }],
    page: { limit: 200 },
  });
  if (found.isPending) return <LoadingState label="Loading the jobs" />;
  if (found.isError) return <ErrorState error={found.error} what="list" retry={() => void found.refetch()} compact />;
  if (found.data.items.length === 0) return <EmptyState title={elementId ? "No jobs at this element" : "No jobs"} compact />;
  return (
    <>
      <DataTable label="Jobs" columns={COLUMNS} rows={found.data.items} keyOf={(row) => row.jobKey} />
      {found.data.page.totalItems > found.data.items.length && (
        <p className="sw-quiet">
          The newest {found.data.items.length} of {totalOf(found.data.page)}.
        </p>
      )}
    </>
  );
}
