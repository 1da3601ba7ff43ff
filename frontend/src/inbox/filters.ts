/** The filters of the rail, and what each asks of the API. */
export const FILTERS = ["open", "mine", "unassigned", "overdue", "completed"] as const;
export type FilterName = (typeof FILTERS)[number];

export const FILTER_LABELS: Record<FilterName, string> = {
  open: "All open tasks",
  mine: "Assigned to me",
  unassigned: "Unassigned",
  overdue: "Overdue",
  completed: "Completed",
};

/** What the URL says, or all open tasks. */
export function filterFrom(params: URLSearchParams): FilterName {
  const named = params.get("filter");
  return FILTERS.find((each) => each === named) ?? "open";
}

/** The body of `POST /v2/user-tasks/search` for a filter. */
export function requestFor(filter: FilterName, username: string, now: Date) {
  const page = { limit: 100 };
  const newest = [{ field: "creationDate", order: "DESC" as const }];
  switch (filter) {
    case "mine":
      return { filter: { state: "CREATED", assignee: username }, sort: newest, page };
    case "unassigned":
      return { filter: { state: "CREATED", assignee: { $exists: false } }, sort: newest, page };
    case "overdue":
      return { filter: { state: "CREATED", dueDate: { $lt: now.toISOString() } }, sort: [{ field: "dueDate", order: "ASC" as const }], page };
    case "completed":
      return { filter: { state: "COMPLETED" }, sort: [{ field: "completionDate", order: "DESC" as const }], page };
    default:
      return { filter: { state: "CREATED" }, sort: newest, page };
  }
}

export function isOverdue(dueDate: string | null | undefined, now: number): boolean {
  return dueDate != null && Date.parse(dueDate) < now;
}
