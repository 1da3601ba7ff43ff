import { WarningFilled } from "@carbon/icons-react";
import { Tag } from "@carbon/react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import type { ApiError } from "@/api/problems";
import type { SearchResult } from "@/api/queries";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { RelativeDate, useNow } from "@/shared/time";
import { FILTER_LABELS, isOverdue, type FilterName } from "./filters";
import type { UserTask } from "./tasks";

interface TaskListProps {
  query: UseQueryResult<SearchResult<UserTask>, ApiError>;
  filter: FilterName;
  openKey?: string;
}

export function TaskList({ query, filter, openKey }: TaskListProps) {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const now = useNow();
  const items = query.data?.items;
  const search = params.size ? `?${params.toString()}` : "";

  useEffect(() => {
    function move(event: KeyboardEvent) {
      const target = event.target as HTMLElement;
      if (!items?.length || event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, [contenteditable]")) return;
      const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
      if (!step) return;
      const at = items.findIndex((each) => each.userTaskKey === openKey);
      const next = items[Math.min(items.length - 1, Math.max(0, at + step))];
      if (next) void navigate(`/inbox/${next.userTaskKey}${search}`);
    }
    window.addEventListener("keydown", move);
    return () => window.removeEventListener("keydown", move);
  }, [items, openKey, navigate, search]);

  return (
    <section className="inbox__list" aria-label={FILTER_LABELS[filter]}>
      <h1>{FILTER_LABELS[filter]}</h1>
      {query.isPending && <LoadingState label="Loading the tasks" />}
      {query.isError && <ErrorState error={query.error} what="list" retry={() => void query.refetch()} compact />}
      {items?.length === 0 && (
        <EmptyState title="Nothing to do here" compact>
          Tasks appear as soon as a process needs you.
        </EmptyState>
      )}
      <ul>
        {items?.map((task) => (
          <li key={task.userTaskKey}>
            <Link to={`/inbox/${task.userTaskKey}${search}`} aria-current={task.userTaskKey === openKey ? "true" : undefined} className="inbox__row">
              <strong>{task.name ?? task.elementId}</strong>
              <span className="inbox__process">{task.processName ?? task.processDefinitionId}</span>
              <span className="inbox__tags">
                {task.assignee ? (
                  <Tag type="blue" size="sm">
                    {task.assignee}
                  </Tag>
                ) : (
                  <Tag type="gray" size="sm">
                    {task.candidateGroups.join(", ") || "Unassigned"}
                  </Tag>
                )}
                {task.priority > 50 && (
                  <Tag type="magenta" size="sm">
                    Priority {task.priority}
                  </Tag>
                )}
              </span>
              <span className="inbox__dates">
                <RelativeDate value={task.creationDate} />
                {task.state === "COMPLETED" ? (
                  <RelativeDate value={task.completionDate} prefix="Done" />
                ) : (
                  task.dueDate && (
                    <span className={isOverdue(task.dueDate, now) ? "inbox__overdue" : undefined}>
                      {isOverdue(task.dueDate, now) && <WarningFilled aria-label="Overdue" />}
                      <RelativeDate value={task.dueDate} prefix="Due" />
                    </span>
                  )
                )}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
