import { ArrowLeft, Launch } from "@carbon/icons-react";
import { Button, Tab, TabList, TabPanel, TabPanels, Tabs, Tag } from "@carbon/react";
import { useEffect, useRef } from "react";
import { Link, useLocation } from "react-router";
import type { CurrentUser } from "@/api/session";
import { useAddress } from "@/shared/address";
import { InstanceDiagram } from "@/shared/instance";
import { ErrorState, LoadingState } from "@/shared/states";
import { StatusTag } from "@/shared/tags";
import { absoluteTime, RelativeDate } from "@/shared/time";
import { Comments } from "./Comments";
import { Schedule } from "./Schedule";
import { TaskForm } from "./TaskForm";
import { TaskHistory } from "./TaskHistory";
import { AssigneeTag, DueDate, PriorityTag } from "./TaskRow";
import { commands, nameOf, processNameOf, useTask, useTaskChange, type UserTask } from "./tasks";
import "./TaskDetail.scss";

const TABS = ["form", "diagram", "history", "comments"] as const;
const TAB_NAMES: Record<(typeof TABS)[number], string> = { form: "Form", diagram: "Diagram", history: "History", comments: "Comments" };

interface Props {
  userTaskKey: string;
  user: CurrentUser;
  /** The one after it in the list. */
  next: UserTask | undefined;
  search: string;
  claim: (task: UserTask) => void;
  assign: (task: UserTask) => void;
  /** Another task is to be shown, or none. */
  opened: (task: UserTask | undefined) => void;
}

/** A task: what it is, whose, when; its form, where its process stands, what has happened. */
export function TaskDetail(props: Props) {
  const { userTaskKey, search } = props;
  const task = useTask(userTaskKey);
  if (task.data) return <Detail {...props} task={task.data} />;
  return (
    <article className="sw-task">
      <BackLink search={search} />
      {task.isError ? (
        <ErrorState error={task.error} what="task" backTo={`/inbox?${search}`} retry={() => void task.refetch()} />
      ) : (
        <LoadingState label="Loading the task" />
      )}
    </article>
  );
}

function BackLink({ search }: { search: string }) {
  return (
    <Link to={{ pathname: "/inbox", search }} className="sw-task__back">
      <ArrowLeft /> All tasks
    </Link>
  );
}

function Detail({ task, user, next, search, claim, assign, opened }: Props & { task: UserTask }) {
  const [params, change] = useAddress();
  const location = useLocation();
  const heading = useRef<HTMLHeadingElement>(null);
  const tab = Math.max(
    0,
    TABS.findIndex((each) => each === params.get("tab")),
  );
  const wantsFocus = (location.state as { focus?: boolean } | null)?.focus === true;

  useEffect(() => {
    if (wantsFocus) heading.current?.focus();
  }, [wantsFocus, location.key]);

  return (
    <article className="sw-task" aria-labelledby="task-name">
      <BackLink search={search} />
      <header className="sw-task__header">
        <div className="sw-task__title">
          <h2 id="task-name" ref={heading} tabIndex={-1}>
            {nameOf(task)}
          </h2>
          <Ownership task={task} user={user} claim={claim} assign={assign} />
        </div>
        <p className="sw-task__process">
          <Link to={`/operations/instances/${task.processInstanceKey}`} title="Show the process instance">
            {processNameOf(task)} <Launch aria-hidden />
          </Link>
          <span>version {task.processDefinitionVersion}</span>
          <span>
            <RelativeDate value={task.creationDate} prefix="created" />
          </span>
          {task.tags.map((each) => (
            <Tag key={each} size="sm" type="cool-gray">
              {each}
            </Tag>
          ))}
        </p>
        <div className="sw-task__facts">
          {task.state !== "CREATED" && <EndTag task={task} />}
          <AssigneeTag task={task} username={user.username} />
          <PriorityTag priority={task.priority} />
          {[
            ...task.candidateGroups.map((each) => ["Group", each] as const),
            ...task.candidateUsers.map((each) => ["Person", each] as const),
          ].map(([what, each]) => (
            <Tag key={`${what} ${each}`} size="sm" type="outline" title={`${what} that may take it`}>
              {each}
            </Tag>
          ))}
          {task.dueDate &&
            (task.state === "CREATED" ? <DueDate value={task.dueDate} /> : <RelativeDate value={task.dueDate} prefix="Was due" />)}
          {task.followUpDate && <RelativeDate value={task.followUpDate} prefix="Follow-up" />}
          {task.state === "CREATED" && <Schedule task={task} />}
        </div>
      </header>
      <Tabs
        selectedIndex={tab}
        onChange={({ selectedIndex }) => change({ tab: selectedIndex === 0 ? undefined : TABS[selectedIndex] }, { replace: true })}
      >
        <TabList aria-label="About the task">
          {TABS.map((each) => (
            <Tab key={each}>{TAB_NAMES[each]}</Tab>
          ))}
        </TabList>
        <TabPanels>
          <TabPanel>
            <TaskForm task={task} user={user} next={next} claim={() => claim(task)} opened={opened} />
          </TabPanel>
          <TabPanel>
            {tab === 1 && (
              <div className="sw-task__diagram">
                <InstanceDiagram
                  processInstanceKey={task.processInstanceKey}
                  processDefinitionKey={task.processDefinitionKey}
                  selected={task.elementId}
                  label={`Where ${processNameOf(task)} stands`}
                />
              </div>
            )}
          </TabPanel>
          <TabPanel>{tab === 2 && <TaskHistory task={task} />}</TabPanel>
          <TabPanel>{tab === 3 && <Comments task={task} user={user} />}</TabPanel>
        </TabPanels>
      </Tabs>
    </article>
  );
}

function EndTag({ task }: { task: UserTask }) {
  if (task.state === "COMPLETED") {
    const by = task.completedBy ? ` by ${task.completedBy}` : "";
    return (
      <span title={task.completionDate ? absoluteTime(task.completionDate) : undefined}>
        <StatusTag status="completed" size="sm" label={`Completed${by}`} />
      </span>
    );
  }
  return <StatusTag status="cancelled" size="sm" label="Withdrawn" />;
}

/** Claim, give back, assign: what this person may do about whose task it is. */
function Ownership({
  task,
  user,
  claim,
  assign,
}: {
  task: UserTask;
  user: CurrentUser;
  claim: (task: UserTask) => void;
  assign: (task: UserTask) => void;
}) {
  const change = useTaskChange();
  if (task.state !== "CREATED") return null;
  const mine = task.assignee === user.username;
  const mayManage = !task.assignee || mine || user.roles?.includes("admin");
  return (
    <div className="sw-task__ownership">
      {!task.assignee && (
        <Button kind="primary" size="sm" onClick={() => claim(task)}>
          Claim
        </Button>
      )}
      {task.assignee && mayManage && (
        <Button
          kind="ghost"
          size="sm"
          onClick={() =>
            change.mutate({
              task,
              shown: { assignee: null },
              refusal: `“${nameOf(task)}” could not be given back`,
              send: () => commands.unassign(task),
            })
          }
        >
          {mine ? "Give back" : "Unassign"}
        </Button>
      )}
      {mayManage && (
        <Button kind="tertiary" size="sm" onClick={() => assign(task)}>
          Assign
        </Button>
      )}
    </div>
  );
}
