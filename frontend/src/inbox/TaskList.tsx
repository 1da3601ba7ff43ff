import { ArrowDown, ArrowUp, CheckmarkOutline, Task } from "@carbon/icons-react";
import { Button, Dropdown, IconButton, InlineLoading, Search, SkeletonText } from "@carbon/react";
import { useState } from "react";
import { useSearch } from "@/api/queries";
import { EmptyState, ErrorState } from "@/shared/states";
import { TaskRow } from "./TaskRow";
import type { UserTask, useTasks } from "./tasks";
import { FILTER_NAMES, SORT_NAMES, sortsOf, withSort, type InboxView, type SortField } from "./view";

interface Props {
  view: InboxView;
  look: (view: InboxView, replace?: boolean) => void;
  found: ReturnType<typeof useTasks>;
  tasks: readonly UserTask[] | undefined;
  username: string;
  openKey: string | undefined;
  search: string;
  selected: ReadonlySet<string>;
  select: (task: UserTask, selected: boolean) => void;
  onFocus: (task: UserTask) => void;
}

const ALL_PROCESSES = { id: "", name: "All processes" };

export function TaskList({ view, look, found, tasks, username, openKey, search, selected, select, onFocus }: Props) {
  const definitions = useSearch("process-definitions", { filter: { isLatestVersion: true }, page: { limit: 200 } }, { staleTime: 60_000 });
  const processes = [
    ALL_PROCESSES,
    ...(definitions.data?.items ?? []).map((each) => ({ id: each.processDefinitionId, name: each.name || each.processDefinitionId })),
  ];
  const narrowed = view.text !== "" || view.processDefinitionId !== "";
  return (
    <section className="sw-inbox__list" aria-label={FILTER_NAMES[view.filter]}>
      <header className="sw-inbox__tools">
        <TextSearch key={view.filter} text={view.text} onChange={(text) => look({ ...view, text }, true)} />
        <div className="sw-inbox__sorting">
          <Dropdown
            id="inbox-process"
            size="sm"
            titleText="Process"
            hideLabel
            label="Process"
            items={processes}
            itemToString={(item) => item?.name ?? ""}
            selectedItem={processes.find((each) => each.id === view.processDefinitionId) ?? ALL_PROCESSES}
            onChange={({ selectedItem }) => look({ ...view, processDefinitionId: selectedItem?.id ?? "" })}
          />
          <Dropdown<SortField>
            id="inbox-sort"
            size="sm"
            titleText="Sort by"
            hideLabel
            label="Sort by"
            items={[...sortsOf(view.filter)]}
            itemToString={(item) => (item ? SORT_NAMES[item] : "")}
            selectedItem={view.sort}
            onChange={({ selectedItem }) => selectedItem && selectedItem !== view.sort && look(withSort(view, selectedItem))}
          />
          <IconButton
            kind="ghost"
            size="sm"
            align="bottom-right"
            label={view.order === "ASC" ? "Ascending: turn round" : "Descending: turn round"}
            onClick={() => look(withSort(view, view.sort))}
          >
            {view.order === "ASC" ? <ArrowUp /> : <ArrowDown />}
          </IconButton>
        </div>
      </header>
      <div className="sw-inbox__rows">
        {found.isError && !tasks && <ErrorState error={found.error} what="list" compact retry={() => void found.refetch()} />}
        {!tasks && !found.isError && <Skeleton />}
        {tasks?.length === 0 && (
          <EmptyState
            compact
            icon={narrowed ? <Task size={32} /> : <CheckmarkOutline size={32} />}
            title={narrowed ? "Nothing fits" : EMPTY[view.filter]}
            action={
              narrowed ? (
                <Button kind="tertiary" size="sm" onClick={() => look({ ...view, text: "", processDefinitionId: "" })}>
                  Show all of {FILTER_NAMES[view.filter].toLowerCase()}
                </Button>
              ) : undefined
            }
          >
            {narrowed ? "The search looks at the names of tasks." : "New tasks appear here by themselves."}
          </EmptyState>
        )}
        {tasks && tasks.length > 0 && (
          <ul aria-label="User tasks">
            {tasks.map((task) => (
              <TaskRow
                key={task.userTaskKey}
                task={task}
                to={{ pathname: `/inbox/${task.userTaskKey}`, search }}
                username={username}
                sort={view.sort}
                open={task.userTaskKey === openKey}
                selected={selected.has(task.userTaskKey)}
                onSelect={(wanted) => select(task, wanted)}
                onFocus={() => onFocus(task)}
              />
            ))}
          </ul>
        )}
        {found.hasNextPage && (
          <div className="sw-inbox__more">
            {found.isFetchingNextPage ? (
              <InlineLoading description="Loading more" />
            ) : (
              <Button kind="ghost" size="sm" onClick={() => void found.fetchNextPage()}>
                Show more
              </Button>
            )}
          </div>
        )}
      </div>
    </section>
  );
}

const EMPTY: Record<InboxView["filter"], string> = {
  open: "Nothing is to be done",
  mine: "Nothing is assigned to you",
  unassigned: "Nothing waits to be claimed",
  due: "Nothing is due within a day",
  completed: "Nothing was completed yet",
};

const PAUSE_MS = 250;

/** The text follows the typing at once; the address, and with it the search, after a pause. */
function TextSearch({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const [timer, setTimer] = useState<ReturnType<typeof setTimeout>>();
  return (
    <Search
      size="sm"
      labelText="Search by name"
      placeholder="Search by name"
      value={typed}
      onChange={(event) => {
        const wanted = event.target.value;
        setTyped(wanted);
        clearTimeout(timer);
        setTimer(setTimeout(() => onChange(wanted.trim()), PAUSE_MS));
      }}
    />
  );
}

function Skeleton() {
  return (
    <div role="status" aria-label="Loading the tasks">
      {Array.from({ length: 6 }, (_, position) => (
        <div key={position} className="sw-row sw-row--loading">
          <SkeletonText width="60%" />
          <SkeletonText width="35%" />
          <SkeletonText width="80%" />
        </div>
      ))}
    </div>
  );
}
