import { Close } from "@carbon/icons-react";
import { Button, IconButton, Select, SelectItem } from "@carbon/react";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { totalOf, useSearch } from "@/api/queries";
import { STATUS_WORDS, StatusTag, statusOf } from "@/shared/tags";
import { absoluteTime, duration, RelativeDate, useNow } from "@/shared/time";
import { ValueText } from "@/shared/values";
import type { ElementInstance, Incident } from "../types";
import { useRetry } from "./Incidents";
import { runsOf } from "./history";
import { stateOf } from "./Jobs";
import "./ElementDetails.scss";

interface Props {
  elementId: string;
  elements: readonly ElementInstance[];
  incidents: readonly Incident[];
  showTab: (tab: "variables" | "incidents" | "jobs") => void;
  close: () => void;
}

/** The chosen element in full: when it ran, what it works on or waits for, its own variables, what went wrong. */
export function ElementDetails({ elementId, elements, incidents, showTab, close }: Props) {
  const runs = runsOf(elements, elementId);
  const [key, setKey] = useState<string>();
  const run = runs.find((each) => each.elementInstanceKey === key) ?? runs[0];
  const name = run?.elementName || elementId;
  return (
    <section className="sw-element" aria-label={`About ${name}`}>
      <header>
        <h2>{name}</h2>
        {run && <StatusTag size="sm" status={statusOf(run.state, run.hasIncident)} />}
        <span className="sw-quiet">
          {run && `${run.type.toLowerCase().replaceAll("_", " ")}, `}
          <code>{elementId}</code>
        </span>
        {runs.length > 1 && (
          <Select
            id="element-run"
            size="sm"
            inline
            noLabel
            labelText="Which time"
            value={run?.elementInstanceKey}
            onChange={(event) => setKey(event.target.value)}
          >
            {runs.map((each) => (
              <SelectItem
                key={each.elementInstanceKey}
                value={each.elementInstanceKey}
                text={`${absoluteTime(each.startDate)}, ${STATUS_WORDS[statusOf(each.state, each.hasIncident)].toLowerCase()}`}
              />
            ))}
          </Select>
        )}
        <IconButton kind="ghost" size="sm" align="left" label="Close the details" onClick={close}>
          <Close />
        </IconButton>
      </header>
      {run ? (
        <Run
          key={run.elementInstanceKey}
          run={run}
          incident={incidents.find((each) => each.state === "ACTIVE" && each.elementInstanceKey === run.elementInstanceKey)}
          showTab={showTab}
        />
      ) : (
        <p className="sw-quiet">The instance has not been here.</p>
      )}
    </section>
  );
}

function Run({ run, incident, showTab }: { run: ElementInstance; incident: Incident | undefined } & Pick<Props, "showTab">) {
  const now = useNow();
  const of = { filter: { elementInstanceKey: run.elementInstanceKey }, page: { limit: 5 } };
  const jobs = useSearch("jobs", { ...of, sort: [{ field: "creationTime", order: "DESC" }] });
  const tasks = useSearch("user-tasks", of, { enabled: run.type === "USER_TASK" });
  const timers = useSearch("timers", of, { enabled: run.endDate === null });
  const messages = useSearch("message-subscriptions", of, { enabled: run.endDate === null });
  const called = useSearch(
    "process-instances",
    { filter: { parentElementInstanceKey: run.elementInstanceKey }, page: { limit: 5 } },
    { enabled: run.type === "CALL_ACTIVITY" },
  );
  const variables = useSearch("variables", {
    filter: { scopeKey: run.elementInstanceKey },
    sort: [{ field: "name", order: "ASC" }],
    page: { limit: 20 },
  });
  const retrying = useRetry(run.elementName || run.elementId);
  const took = duration(Math.max(0, (run.endDate ? Date.parse(run.endDate) : now) - Date.parse(run.startDate)));
  const own = variables.data?.items ?? [];
  return (
    <>
      {incident && (
        <div className="sw-element__incident" role="note">
          <span>{incident.errorMessage}</span>
          <Button size="sm" kind="ghost" onClick={() => showTab("incidents")}>
            Stack trace and attempts
          </Button>
          <Button size="sm" kind="tertiary" disabled={retrying.isPending} onClick={() => retrying.mutate(incident.incidentKey)}>
            Retry {run.elementName || run.elementId}
          </Button>
        </div>
      )}
      <dl>
        <Fact name="Started">
          <RelativeDate value={run.startDate} />
        </Fact>
        <Fact name={run.endDate ? "Ended" : "For"}>
          {run.endDate ? (
            <>
              <RelativeDate value={run.endDate} />, after {took}
            </>
          ) : (
            took
          )}
        </Fact>
        {jobs.data?.items.map((job) => (
          <Fact key={job.jobKey} name="Job">
            <code>{job.type}</code>, {stateOf(job).label.toLowerCase()}, {job.retries === 1 ? "1 retry" : `${job.retries} retries`} left
            {job.worker && `, by ${job.worker}`}
          </Fact>
        ))}
        {tasks.data?.items.map((task) => (
          <Fact key={task.userTaskKey} name="User task">
            <Link to={`/inbox/${task.userTaskKey}`}>{task.name || task.elementId}</Link>
            {task.assignee ? `, with ${task.assignee}` : ", with nobody yet"}
          </Fact>
        ))}
        {timers.data?.items.map((timer) => (
          <Fact key={timer.timerKey} name="Timer">
            due <RelativeDate value={timer.dueDate} />
          </Fact>
        ))}
        {messages.data?.items.map((each) => (
          <Fact key={each.messageSubscriptionKey} name="Message">
            “{each.messageName}”{each.correlationKey && `, with the key ${each.correlationKey}`}
          </Fact>
        ))}
        {called.data?.items.map((each) => (
          <Fact key={each.processInstanceKey} name="Called">
            <Link to={`/operations/instances/${each.processInstanceKey}`}>{each.processDefinitionName || each.processDefinitionId}</Link> (
            {statusOf(each.state, each.hasIncident)})
          </Fact>
        ))}
        {own.map((each) => (
          <Fact key={each.variableKey} name={each.name} code>
            <ValueText json={each.value} truncated={each.isTruncated} />
          </Fact>
        ))}
      </dl>
      {variables.data && own.length === 0 && run.type !== "PROCESS" && (
        <p className="sw-quiet">No variables of its own: it reads and writes those of the process.</p>
      )}
      {variables.data && variables.data.page.totalItems > own.length && (
        <Button size="sm" kind="ghost" onClick={() => showTab("variables")}>
          All {totalOf(variables.data.page)} variables
        </Button>
      )}
    </>
  );
}

function Fact({ name, code = false, children }: { name: string; code?: boolean; children: ReactNode }) {
  return (
    <div>
      <dt>{code ? <code>{name}</code> : name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
