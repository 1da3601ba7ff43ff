import { EventSchedule, Email, User } from "@carbon/icons-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useSearch } from "@/api/queries";
import { EmptyState, ErrorState, LoadingState } from "@/shared/states";
import { RelativeDate } from "@/shared/time";
import type { ProcessInstance } from "../types";
import "./Waiting.scss";

/** What this instance waits for, apart from jobs: people, messages, and the clock. */
export function Waiting({ instance }: { instance: ProcessInstance }) {
  const filter = { processInstanceKey: instance.processInstanceKey };
  const page = { limit: 200 };
  const tasks = useSearch("user-tasks", { filter: { ...filter, state: "CREATED" }, page });
  const messages = useSearch("message-subscriptions", { filter, page });
  const timers = useSearch("timers", { filter, sort: [{ field: "dueDate", order: "ASC" }], page });
  const failed = [tasks, messages, timers].find((each) => each.isError);
  if (failed) return <ErrorState error={failed.error} what="list" retry={() => void failed.refetch()} compact />;
  if (!tasks.data || !messages.data || !timers.data) return <LoadingState label="Loading what it waits for" />;
  const open = messages.data.items.filter((each) => each.messageSubscriptionState === "CREATED");
  if (tasks.data.items.length + open.length + timers.data.items.length === 0) {
    return <EmptyState title="It waits for no person, no message and no timer" compact />;
  }
  return (
    <ul className="sw-waiting">
      {tasks.data.items.map((each) => (
        <Line key={each.userTaskKey} icon={<User />} what={<Link to={`/inbox/${each.userTaskKey}`}>{each.name || each.elementId}</Link>}>
          {each.assignee
            ? `with ${each.assignee}`
            : each.candidateGroups.length + each.candidateUsers.length > 0
              ? `for ${[...each.candidateGroups, ...each.candidateUsers].join(", ")}`
              : "for anybody"}
          {", "}
          <RelativeDate value={each.creationDate} prefix="since" />
        </Line>
      ))}
      {open.map((each) => (
        <Line key={each.messageSubscriptionKey} icon={<Email />} what={<>Message “{each.messageName}”</>}>
          at {each.elementId}
          {each.correlationKey !== null && (
            <>
              , with the key <code>{each.correlationKey}</code>
            </>
          )}
        </Line>
      ))}
      {timers.data.items.map((each) => (
        <Line key={each.timerKey} icon={<EventSchedule />} what={<>Timer at {each.elementId}</>}>
          due <RelativeDate value={each.dueDate} />
        </Line>
      ))}
    </ul>
  );
}

function Line({ icon, what, children }: { icon: ReactNode; what: ReactNode; children: ReactNode }) {
  return (
    <li>
      {icon}
      <span>{what}</span>
      <span className="sw-quiet">{children}</span>
    </li>
  );
}
