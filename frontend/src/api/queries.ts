import { keepPreviousData, QueryClient, useQuery, type UseQueryOptions, type UseQueryResult } from "@tanstack/react-query";
import { api } from "./client";
import { ApiError } from "./problems";

/** An answer that 4xx names a mistake: asking again would not help. */
function worthRetrying(failures: number, error: unknown): boolean {
  if (error instanceof ApiError && error.status >= 400 && error.status < 500) return false;
  return failures < 2;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: worthRetrying, staleTime: 2_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

/** `order` as the API spells it. */
export interface Sort {
  field: string;
  order: "ASC" | "DESC";
}

export interface PageRequest {
  limit?: number;
  from?: number;
  after?: string;
  before?: string;
}

export interface SearchRequest<Filter = Record<string, unknown>> {
  filter?: Filter;
  sort?: Sort[];
  page?: PageRequest;
}

export interface SearchResult<Item> {
  items: Item[];
  page: { totalItems: number; hasMoreTotalItems?: boolean; startCursor?: string | null; endCursor?: string | null };
}

/** How many a search finds, in words: it counts up to a thousand. */
export function totalOf(page: SearchResult<unknown>["page"]): string {
  return `${page.hasMoreTotalItems ? "more than " : ""}${page.totalItems.toLocaleString("en")}`;
}

export type QueryTuning<T> = Omit<UseQueryOptions<T, ApiError>, "queryKey" | "queryFn">;

/**
 * `POST /v2/<things>/search` as a query with the key `[things, "search", body]`, so that invalidating `[things]`
 * refreshes each page of it. The last page stays while the next one loads.
 */
export function useSearch<Item>(
  things: string,
  body: SearchRequest,
  tuning: QueryTuning<SearchResult<Item>> = {},
): UseQueryResult<SearchResult<Item>, ApiError> {
  return useQuery<SearchResult<Item>, ApiError>({
    queryKey: [things, "search", body],
    queryFn: ({ signal }) => search<Item>(things, body, signal),
    placeholderData: keepPreviousData,
    ...tuning,
  });
}

export function search<Item>(things: string, body: SearchRequest, signal?: AbortSignal): Promise<SearchResult<Item>> {
  return api.post<SearchResult<Item>>(`/v2/${things}/search`, body, { signal });
}

/** `GET /v2/<path>` as a query keyed by the segments of its path: `useResource("user-tasks/12/form")` → `["user-tasks", "12", "form"]`. */
export function useResource<T>(path: string, tuning: QueryTuning<T> & { expect?: "json" | "text" } = {}): UseQueryResult<T, ApiError> {
  const { expect, ...rest } = tuning;
  return useQuery<T, ApiError>({
    queryKey: path.split("/"),
    queryFn: ({ signal }) => api.get<T>(`/v2/${path}`, { signal, expect }),
    ...rest,
  });
}
