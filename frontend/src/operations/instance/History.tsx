import type { UseQueryResult } from "@tanstack/react-query";
import type { ApiError } from "@/api/problems";
import type { Found } from "@/api/contract";
import { totalOf } from "@/api/queries";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusIcon, statusOf } from "@/shared/tags";
import { duration, RelativeDate, useNow } from "@/shared/time";
import type { ElementInstance } from "../types";
import { treeOf, type HistoryNode } from "./history";
import "./History.scss";

interface Props {
  elements: UseQueryResult<Found<"element-instances">, ApiError>;
  elementId: string | undefined;
  choose: (elementId: string | undefined) => void;
}

/** Every element that was entered, in order; what ran inside a sub-process stands below it. */
export function History({ elements, elementId, choose }: Props) {
  const found = elements.data;
  return (
    <section className="sw-instance-history" role="region" aria-label="History" tabIndex={0}>
      <h2>History</h2>
      {elements.isPending && <LoadingState label="Loading the history" />}
      {elements.isError && <ErrorState error={elements.error} what="history" retry={() => void elements.refetch()} compact />}
      {found && found.items.length === 0 && <EmptyState title="Nothing was entered yet" compact />}
      {found && <Level nodes={treeOf(found.items)} elementId={elementId} choose={choose} />}
      {found && found.page.totalItems > found.items.length && (
        <p className="sw-quiet">
          The first {found.items.length.toLocaleString("en")} of {totalOf(found.page)}. The journal has all.
        </p>
      )}
    </section>
  );
}

function Level({ nodes, elementId, choose }: { nodes: readonly HistoryNode[] } & Omit<Props, "elements">) {
  if (nodes.length === 0) return null;
  return (
    <ol>
      {nodes.map(({ element, children }) => (
        <li key={element.elementInstanceKey}>
          <Row element={element} chosen={element.elementId === elementId} choose={() => choose(element.elementId)} />
          <Level nodes={children} elementId={elementId} choose={choose} />
        </li>
      ))}
    </ol>
  );
}

function Row({ element, chosen, choose }: { element: ElementInstance; chosen: boolean; choose: () => void }) {
  const now = useNow();
  const took = duration(Math.max(0, (element.endDate ? Date.parse(element.endDate) : now) - Date.parse(element.startDate)));
  return (
    <button type="button" className="sw-instance-history__row" aria-pressed={chosen} onClick={choose}>
      <StatusIcon status={statusOf(element.state, element.hasIncident)} />
      <span>
        {element.elementName || element.elementId}
        <span className="sw-quiet"> {element.type.toLowerCase().replaceAll("_", " ")}</span>
      </span>
      <span className="sw-quiet">
        <RelativeDate value={element.startDate} />
        {element.endDate ? took !== "0 ms" && `, took ${took}` : `, for ${took}`}
      </span>
    </button>
  );
}
