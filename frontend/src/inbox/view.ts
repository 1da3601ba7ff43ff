import type { Query, Schemas } from "@/api/contract";
import type { AddressChange } from "@/shared/address";
import { containing } from "@/shared/matching";

type Order = Schemas["SortOrder"];
type TaskFilter = Schemas["UserTaskFilter"];

export const FILTERS = ["open", "mine", "unassigned", "due", "completed"] as const;
export type Filter = (typeof FILTERS)[number];

export const FILTER_NAMES: Record<Filter, string> = {
  open: "All open",
  mine: "Assigned to me",
  unassigned: "Unassigned",
  due: "Due and overdue",
  completed: "Completed",
};

export const SORTS = ["creationDate", "dueDate", "followUpDate", "completionDate", "priority", "name"] as const;
export type SortField = (typeof SORTS)[number];

export const SORT_NAMES: Record<SortField, string> = {
  creationDate: "Created",
  dueDate: "Due",
  followUpDate: "Follow-up",
  completionDate: "Completed",
  priority: "Priority",
  name: "Name",
};

/** What the tasks of a filter may be sorted by: nothing that is open was completed, and what is done is kept in that order. */
export function sortsOf(filter: Filter): readonly SortField[] {
  return SORTS.filter((sort) => (sort === "completionDate") === (filter === "completed"));
}

/** What the inbox shows; the address holds it. */
export interface InboxView {
  filter: Filter;
  sort: SortField;
  order: Order;
  /** Part of a task's name. */
  text: string;
  processDefinitionId: string;
}

/** The order in which a person wants them: what is due or more important first, else the newest first. */
function naturalOrder(sort: SortField): Order {
  return sort === "dueDate" || sort === "followUpDate" || sort === "name" ? "ASC" : "DESC";
}

function naturalSort(filter: Filter): SortField {
  if (filter === "due") return "dueDate";
  return filter === "completed" ? "completionDate" : "creationDate";
}

export function viewOf(params: URLSearchParams): InboxView {
  const filter = FILTERS.find((each) => each === params.get("filter")) ?? "open";
  const sort = sortsOf(filter).find((each) => each === params.get("sort")) ?? naturalSort(filter);
  const order = params.get("order");
  return {
    filter,
    sort,
    order: order === "ASC" || order === "DESC" ? order : naturalOrder(sort),
    text: params.get("q") ?? "",
    processDefinitionId: params.get("process") ?? "",
  };
}

/** The address of a view; what goes without saying is left out. */
export function addressOf(view: InboxView): AddressChange {
  return {
    filter: view.filter === "open" ? undefined : view.filter,
    sort: view.sort === naturalSort(view.filter) ? undefined : view.sort,
    order: view.order === naturalOrder(view.sort) ? undefined : view.order,
    q: view.text || undefined,
    process: view.processDefinitionId || undefined,
  };
}

/** `view` with another filter, in that filter's own order. */
export function withFilter(view: InboxView, filter: Filter): InboxView {
  const sort = naturalSort(filter);
  return { ...view, filter, sort, order: naturalOrder(sort) };
}

/** `view` by another field; by the same one, the other way round. */
export function withSort(view: InboxView, sort: SortField): InboxView {
  if (view.sort !== sort) return { ...view, sort, order: naturalOrder(sort) };
  return { ...view, order: view.order === "ASC" ? "DESC" : "ASC" };
}

/** Due within a day counts as due. `now` is rounded to minutes, so that the same question is asked for a while. */
function soon(nowMs: number): string {
  return new Date(Math.ceil(nowMs / 60_000) * 60_000 + 86_400_000).toISOString();
}

export function filterFor(filter: Filter, username: string, nowMs: number): TaskFilter {
  switch (filter) {
    case "open":
      return { state: "CREATED" };
    case "mine":
      return { state: "CREATED", assignee: username };
    case "unassigned":
      return { state: "CREATED", assignee: { $exists: false } };
    case "due":
      return { state: "CREATED", dueDate: { $lte: soon(nowMs) } };
    case "completed":
      return { state: "COMPLETED" };
  }
}

export function searchFor(view: InboxView, username: string, nowMs: number): Query<"user-tasks"> {
  const filter = filterFor(view.filter, username, nowMs);
  if (view.text) filter.name = containing(view.text);
  if (view.processDefinitionId) filter.processDefinitionId = view.processDefinitionId;
  return { filter, sort: [{ field: view.sort, order: view.order }] };
}
