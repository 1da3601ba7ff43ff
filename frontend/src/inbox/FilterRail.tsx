import { Checkmark, Hourglass, Task, TaskView, User } from "@carbon/icons-react";
import type { ComponentType } from "react";
import { Link } from "react-router";
import { changed } from "@/shared/address";
import { useNow } from "@/shared/time";
import { useCount } from "./tasks";
import { addressOf, FILTER_NAMES, FILTERS, filterFor, withFilter, type Filter, type InboxView } from "./view";

const ICONS: Record<Filter, ComponentType> = { open: Task, mine: User, unassigned: TaskView, due: Hourglass, completed: Checkmark };

/** The filters, each with how many it finds. */
export function FilterRail({ view, username }: { view: InboxView; username: string | undefined }) {
  return (
    <nav className="sw-inbox__rail" aria-label="Filters">
      <ul>
        {FILTERS.map((filter) => (
          <FilterLink key={filter} filter={filter} view={view} username={username} />
        ))}
      </ul>
    </nav>
  );
}

function FilterLink({ filter, view, username }: { filter: Filter; view: InboxView; username: string | undefined }) {
  const now = useNow();
  const Icon = ICONS[filter];
  // What is done is only ever more; its number says nothing.
  const count = useCount({ filter: filterFor(filter, username ?? "", now) }, username !== undefined && filter !== "completed");
  const search = changed(new URLSearchParams(), addressOf(withFilter(view, filter)));
  return (
    <li>
      <Link
        to={{ pathname: "/inbox", search: search.toString() }}
        className="sw-inbox__filter"
        aria-current={view.filter === filter ? "page" : undefined}
      >
        <Icon />
        <span>{FILTER_NAMES[filter]}</span>
        {count.data !== undefined && (
          <span className="sw-inbox__count">{`${count.data.totalItems.toLocaleString("en")}${count.data.hasMoreTotalItems ? "+" : ""}`}</span>
        )}
      </Link>
    </li>
  );
}
