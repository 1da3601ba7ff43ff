import { Button, Select, SelectItem } from "@carbon/react";
import { Link } from "react-router";
import { useSearch } from "@/api/queries";
import { useAddress } from "@/shared/address";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusTag } from "@/shared/tags";
import { RelativeDate } from "@/shared/time";
import { DataTable, type Column } from "../DataTable";
import { hasEnded, itemStatusOf, nameOf, type BatchOperation, type BatchOperationItem } from "./batch";
import { RepeatedFailuresNotice } from "./RepeatedFailures";

const PAGE = 50;
const STATES = ["ACTIVE", "COMPLETED", "FAILED", "SKIPPED", "CANCELED"] as const;

const COLUMNS: readonly Column<BatchOperationItem>[] = [
  {
    id: "instance",
    title: "Instance",
    cell: (row) => <Link to={`/operations/instances/${row.processInstanceKey}`}>{row.processInstanceKey}</Link>,
  },
  { id: "state", title: "State", cell: (row) => <StatusTag size="sm" {...itemStatusOf(row)} /> },
  { id: "reason", title: "Reason", cell: (row) => <span className="sw-operations__message">{row.errorMessage}</span> },
  { id: "when", title: "When", secondary: true, cell: (row) => <RelativeDate value={row.processedDate} /> },
];

interface Props {
  operationKey: string;
  /** Unless it stands on another page of the list. */
  operation: BatchOperation | undefined;
  close: () => void;
}

/** What became of each item of a batch operation. */
export function BatchItems({ operationKey, operation, close }: Props) {
  const [params, change] = useAddress();
  const state = STATES.find((each) => each === params.get("items"));
  const found = useSearch(
    "batch-operation-items",
    { filter: { batchOperationKey: operationKey, ...(state && { state }) }, page: { limit: PAGE } },
    {
      refetchInterval: ({ state: query }) =>
        (query.data?.items.some((each) => each.state === "ACTIVE") ?? false) ? 1_500 : operation && !hasEnded(operation) ? 3_000 : false,
    },
  );
  const rows = found.data?.items ?? [];
  const total = found.data?.page.totalItems ?? 0;
  return (
    <section className="sw-batch-items" aria-label="Items">
      <header>
        <h2>{operation ? nameOf(operation) : "Items"}</h2>
        <span className="sw-operations__buttons">
          <Select
            id="item-state"
            size="sm"
            inline
            labelText="State"
            value={state ?? ""}
            onChange={(event) => change({ items: event.target.value || undefined }, { replace: true })}
          >
            <SelectItem value="" text="All" />
            {STATES.map((each) => (
              <SelectItem key={each} value={each} text={itemStatusOf({ state: each }).label} />
            ))}
          </Select>
          <Button size="sm" kind="ghost" onClick={close}>
            Close
          </Button>
        </span>
      </header>
      <RepeatedFailuresNotice operation={operation} />
      {found.isPending && <LoadingState label="Loading the items" lines={3} />}
      {found.isError && <ErrorState error={found.error} what="items" compact retry={() => void found.refetch()} />}
      {found.data && rows.length === 0 && <EmptyState compact title={state ? "None is in this state" : "It has no items"} />}
      {rows.length > 0 && <DataTable label="Items of the batch operation" columns={COLUMNS} rows={rows} keyOf={(row) => row.itemKey} />}
      {total > rows.length && (
        <p className="sw-quiet">{`The first ${rows.length} of ${found.data?.page.hasMoreTotalItems ? "more than " : ""}${total.toLocaleString("en")}.`}</p>
      )}
    </section>
  );
}
