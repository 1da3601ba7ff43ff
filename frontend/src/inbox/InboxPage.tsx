import { useMemo, useRef, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useLive } from "@/api/live";
import { useCurrentUser } from "@/api/session";
import { useShortcut } from "@/app/shortcuts";
import { useAddress } from "@/shared/address";
import { useSelection } from "@/shared/selection";
import { EmptyState } from "@/shared/states";
import { useNow } from "@/shared/time";
import { AssignDialog } from "./AssignDialog";
import { BulkBar } from "./BulkBar";
import { FilterRail } from "./FilterRail";
import { commands, LISTS, taskKeys, useTaskChange, useTasks, type UserTask } from "./tasks";
import { TaskDetail } from "./TaskDetail";
import { TaskList } from "./TaskList";
import { addressOf, searchFor, viewOf, type InboxView } from "./view";
import "./inbox.scss";

const keyOf = (task: UserTask) => task.userTaskKey;

const SIDE_BY_SIDE = "(min-width: 42rem)";

/** Filters, list and the open task side by side; on a narrow screen one after the other. */
export function InboxPage() {
  const { userTaskKey } = useParams();
  const [params, changeAddress] = useAddress();
  const navigate = useNavigate();
  const user = useCurrentUser();
  const now = useNow();
  const rows = useRef<HTMLDivElement>(null);
  const view = viewOf(params);
  const username = user.data?.username;
  const found = useTasks(searchFor(view, username ?? "", now), username !== undefined);
  const tasks = useMemo(() => found.data?.pages.flatMap((page) => page.items), [found.data]);
  const change = useTaskChange();
  const [cursor, setCursor] = useState<string>();
  const selection = useSelection(keyOf);
  const [assigning, setAssigning] = useState<readonly UserTask[]>();
  useLive([LISTS, ...(userTaskKey ? taskKeys(userTaskKey) : [])]);

  const position = tasks?.findIndex((task) => task.userTaskKey === (cursor ?? userTaskKey)) ?? -1;
  const current = tasks?.[position];
  const search = params.toString();

  function look(next: InboxView, replace = false) {
    setCursor(undefined);
    changeAddress({ ...addressOf(next), tab: undefined }, { replace });
  }

  function open(task: UserTask | undefined, replace = false) {
    void navigate({ pathname: task ? `/inbox/${task.userTaskKey}` : "/inbox", search }, { replace });
  }

  /** Moves through the list; where the task is shown beside it, it opens at once. */
  function move(by: number) {
    const next = tasks?.[position < 0 ? (by > 0 ? 0 : tasks.length - 1) : position + by];
    if (!next) {
      if (by > 0 && found.hasNextPage && !found.isFetchingNextPage) void found.fetchNextPage();
      return;
    }
    setCursor(next.userTaskKey);
    rows.current?.querySelector<HTMLElement>(`[data-task="${next.userTaskKey}"]`)?.focus();
    if (window.matchMedia(SIDE_BY_SIDE).matches) open(next, userTaskKey !== undefined);
  }

  function claim(task: UserTask) {
    if (!username || task.assignee || task.state !== "CREATED") return;
    change.mutate({
      task,
      shown: { assignee: username },
      refusal: `“${task.name || task.elementId}” could not be claimed`,
      send: () => commands.claim(task, username),
    });
  }

  useShortcut("j", () => move(1));
  useShortcut("k", () => move(-1));
  useShortcut("c", () => current && claim(current));
  useShortcut("a", () => current?.state === "CREATED" && setAssigning([current]));
  useShortcut("x", () => current?.state === "CREATED" && selection.select([current], !selection.keys.has(current.userTaskKey)));

  const after = useMemo(() => nextOf(tasks, userTaskKey), [tasks, userTaskKey]);
  return (
    <div className={`sw-inbox${userTaskKey ? " sw-inbox--open" : ""}`}>
      <h1 className="sw-hidden">Inbox</h1>
      <FilterRail view={view} username={username} />
      <div className="sw-inbox__middle" ref={rows}>
        {selection.items.length > 0 && <BulkBar selection={selection} username={username ?? ""} assign={setAssigning} />}
        <TaskList
          view={view}
          look={look}
          found={found}
          tasks={tasks}
          username={username ?? ""}
          openKey={userTaskKey}
          search={search}
          selected={selection.keys}
          select={(task, wanted) => selection.select([task], wanted)}
          onFocus={(task) => setCursor(task.userTaskKey)}
        />
      </div>
      <div className="sw-inbox__detail">
        {userTaskKey && user.data ? (
          <TaskDetail
            key={userTaskKey}
            userTaskKey={userTaskKey}
            user={user.data}
            next={after}
            search={search}
            claim={claim}
            assign={(task) => setAssigning([task])}
            opened={(task) => {
              setCursor(undefined);
              open(task, true);
            }}
          />
        ) : (
          <EmptyState title={tasks?.length ? "Choose a task" : "No task is open"}>
            {tasks?.length ? (
              <>
                <kbd>J</kbd> and <kbd>K</kbd> go through the list, <kbd>C</kbd> claims, <kbd>X</kbd> selects several.
              </>
            ) : (
              "What is to be done appears on the left as soon as a process needs you."
            )}
          </EmptyState>
        )}
      </div>
      {assigning && <AssignDialog tasks={assigning} username={username ?? ""} close={() => setAssigning(undefined)} />}
    </div>
  );
}

/** The task after the open one; at the end of the list the one before it. */
function nextOf(tasks: readonly UserTask[] | undefined, userTaskKey: string | undefined): UserTask | undefined {
  const others = tasks?.filter((task) => task.userTaskKey === userTaskKey || task.state === "CREATED") ?? [];
  const at = others.findIndex((task) => task.userTaskKey === userTaskKey);
  return others[at + 1] ?? others[at - 1];
}
