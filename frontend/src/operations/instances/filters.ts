import type { Query, Schemas } from "@/api/contract";
import { changed } from "@/shared/address";
import { beginningWith, containing } from "@/shared/matching";

export const STATES = ["ALL", "ACTIVE", "INCIDENT", "SUSPENDED", "COMPLETED", "TERMINATED"] as const;
export type StateFilter = (typeof STATES)[number];
export const STATE_LABELS: Record<StateFilter, string> = {
  ALL: "All states",
  ACTIVE: "Running",
  INCIDENT: "With incidents",
  SUSPENDED: "Suspended",
  COMPLETED: "Completed",
  TERMINATED: "Cancelled",
};

/** What the address of the list may hold, beside `sort`, `order` and `after`. */
export const FILTERS = ["process", "version", "state", "business", "element", "error", "variable", "value", "from", "to"] as const;
export type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

const PAGE = 50;
/** Of a business id: less is looked for at its beginning alone, for no index knows where else it stands. */
const SHORTEST_PART = 3;
const FIELDS = ["startDate", "endDate", "businessId", "processInstanceKey"] as const;

export function sortingFrom(params: URLSearchParams): { field: (typeof FIELDS)[number]; order: Schemas["SortOrder"] } {
  const field = FIELDS.find((each) => each === params.get("sort")) ?? "startDate";
  return { field, order: params.get("order") === "ASC" ? "ASC" : "DESC" };
}

/** The body of the search that the address means. */
export function requestFrom(params: URLSearchParams): Query<"process-instances"> {
  const given = (name: (typeof FILTERS)[number]) => params.get(name)?.trim() || undefined;
  const filter: Schemas["ProcessInstanceFilter"] = {};
  const state = STATES.find((each) => each === params.get("state")) ?? "ALL";
  if (state === "INCIDENT") filter.hasIncident = true;
  else if (state === "ACTIVE") Object.assign(filter, { state, hasIncident: false });
  else if (state !== "ALL") filter.state = state;
  const process = given("process");
  if (process) filter.processDefinitionId = process;
  const version = given("version");
  if (version && /^\d{1,9}$/.test(version)) filter.processDefinitionVersion = Number(version);
  const business = given("business");
  if (business) filter.businessId = business.length < SHORTEST_PART ? beginningWith(business) : containing(business);
  const element = given("element");
  if (element) filter.elementId = element;
  const error = given("error");
  if (error) filter.errorMessage = containing(error);
  const variable = given("variable");
  if (variable) filter.variables = [{ name: variable, value: valueFilter(given("value")) }];
  const [from, to] = [moment(given("from")), moment(given("to"), 1)];
  if (from || to) filter.startDate = { ...(from && { $gte: from }), ...(to && { $lt: to }) };
  const { field, order } = sortingFrom(params);
  const after = params.get("after");
  return { filter, sort: [{ field, order }], page: { limit: PAGE, ...(after && { after }) } };
}

/** How many filters are set. */
export function countOf(params: URLSearchParams): number {
  return FILTERS.filter((each) => params.get(each) && !(each === "state" && params.get(each) === "ALL") && each !== "value").length;
}

/** The address of the list with these filters. */
export function instancesAddress(filters: Filters): string {
  return `/operations/instances?${changed(new URLSearchParams(), filters)}`;
}

/** Values are compared as JSON: what is no JSON is meant as a text. Without a value the variable must be there. */
function valueFilter(text: string | undefined): unknown {
  if (text === undefined) return { $exists: true };
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

/** A day of the calendar here, as a moment; `days` later. */
function moment(day: string | undefined, days = 0): string | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? "");
  if (!parts) return undefined;
  const found = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + days);
  return Number.isNaN(found.getTime()) ? undefined : found.toISOString();
}
