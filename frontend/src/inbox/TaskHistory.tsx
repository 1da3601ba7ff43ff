import { useMemo } from "react";
import { useLive } from "@/api/live";
import { useSearch } from "@/api/queries";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { StatusIcon, statusOf } from "@/shared/tags";
import { duration, RelativeDate } from "@/shared/time";
import { LISTS, type UserTask } from "./tasks";
import "./TaskHistory.scss";

/** What has happened in the process of a task so far, the newest first. Gateways are left to the diagram. */
export function TaskHistory({ task }: { task: UserTask }) {
  const found = useSearch("element-instances", {
    filter: { processInstanceKey: task.processInstanceKey },
    sort: [
      { field: "startDate", order: "DESC" },
      { field: "elementInstanceKey", order: "DESC" },
    ],
    page: { limit: 500 },
  });
  const people = useSearch("user-tasks", {
    filter: { processInstanceKey: task.processInstanceKey, state: "COMPLETED" },
    page: { limit: 500 },
  });
  useLive([["element-instances", "search"], LISTS], { processInstanceKey: task.processInstanceKey });
  const steps = useMemo(
    () => (found.data?.items ?? []).filter((each) => !/GATEWAY|^PROCESS$|MULTI_INSTANCE/.test(each.type)),
    [found.data],
  );
  const doneBy = useMemo(
    () => new Map((people.data?.items ?? []).map((each) => [each.elementInstanceKey, each.completedBy])),
    [people.data],
  );
  if (found.isError && !found.data) return <ErrorState error={found.error} what="history" compact retry={() => void found.refetch()} />;
  if (!found.data) return <LoadingState label="Loading the history" lines={5} />;
  if (steps.length === 0) return <EmptyState compact title="Nothing has happened yet" />;
  return (
    <ol className="sw-task-history" aria-label="What has happened, the newest first">
      {steps.map((step) => (
        <li key={step.elementInstanceKey} aria-current={step.elementInstanceKey === task.elementInstanceKey ? "step" : undefined}>
          <StatusIcon status={statusOf(step.state, step.hasIncident)} />
          <span className="sw-task-history__name">{step.elementName || step.elementId}</span>
          <span className="sw-task-history__kind">{step.type.toLowerCase().replaceAll("_", " ")}</span>
          <span className="sw-task-history__time">
            <RelativeDate value={step.endDate ?? step.startDate} prefix={step.endDate ? undefined : "since"} />
            {doneBy.get(step.elementInstanceKey) && <span> by {doneBy.get(step.elementInstanceKey)}</span>}
            {step.endDate && Date.parse(step.endDate) - Date.parse(step.startDate) >= 1000 && (
              <span> · took {duration(Date.parse(step.endDate) - Date.parse(step.startDate))}</span>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}
