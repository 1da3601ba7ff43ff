import { useMemo } from "react";
import { useParams, useSearchParams } from "react-router";
import { useSearch } from "@/api/queries";
import { useLive } from "@/api/live";
import { useCurrentUser } from "@/api/session";
import { EmptyState } from "@/shared/states";
import { useNow } from "@/shared/time";
import { FILTER_LABELS, FILTERS, filterFrom, requestFor } from "./filters";
import { TaskDetail } from "./TaskDetail";
import { TaskList } from "./TaskList";
import type { UserTask } from "./tasks";
import "./inbox.scss";

const LIVE = [["user-tasks"]] as const;

/** Filter rail, list and detail. The URL holds the filter and the task that is open. */
export default function Inbox() {
  const { "*": rest = "" } = useParams();
  const [params, setParams] = useSearchParams();
  const user = useCurrentUser();
  const filter = filterFrom(params);
  const openKey = /^\d+$/.test(rest) ? rest : undefined;
  const username = user.data?.username ?? "";
  const minute = Math.floor(useNow() / 60_000);
  const body = useMemo(() => requestFor(filter, username, new Date(minute * 60_000)), [filter, username, minute]);
  const tasks = useSearch<UserTask>("user-tasks", body, { enabled: username !== "" });
  useLive(LIVE);

  return (
    <div className={`inbox${openKey ? " inbox--open" : ""}`}>
      <nav className="inbox__rail" aria-label="Filters">
        <ul>
          {FILTERS.map((each) => (
            <li key={each}>
              <button type="button" aria-current={each === filter ? "true" : undefined} onClick={() => setParams({ filter: each })}>
                {FILTER_LABELS[each]}
              </button>
            </li>
          ))}
        </ul>
      </nav>
      <TaskList query={tasks} filter={filter} openKey={openKey} />
      <section className="inbox__detail" aria-label="Task">
        {openKey ? (
          <TaskDetail key={openKey} taskKey={openKey} username={username} tasks={tasks.data?.items ?? []} search={params.toString()} />
        ) : (
          <EmptyState title="No task is open">Choose one from the list: J and K move, Enter opens.</EmptyState>
        )}
      </section>
    </div>
  );
}
