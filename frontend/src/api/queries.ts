import { keepPreviousData, QueryClient, useQuery, type UseQueryOptions, type UseQueryResult } from "@tanstack/react-query";
import { search } from "./client";
import type { Answer, Found, Parameters, PathWith, Query, Schemas, Things } from "./contract";
import { ApiError } from "./problems";
import { filled, jsonOf, send, type Parts } from "./sending";

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

/** How many a search finds, in words: it counts up to a thousand. */
export function totalOf(page: Schemas["PageInfo"]): string {
  return `${page.hasMoreTotalItems ? "more than " : ""}${page.totalItems.toLocaleString("en")}`;
}

export type QueryTuning<T> = Omit<UseQueryOptions<T, ApiError>, "queryKey" | "queryFn" | "placeholderData">;

/**
 * `POST /v2/<things>/search` as a query with the key `[things, "search", body]`, so that invalidating `[things]`
 * refreshes each page of it. The last page stays while the next one loads.
 */
export function useSearch<T extends Things>(
  things: T,
  body: Query<T>,
  tuning: QueryTuning<Found<T>> = {},
): UseQueryResult<Found<T>, ApiError> {
  return useQuery<Found<T>, ApiError, Found<T>>({
    queryKey: [things, "search", body],
    queryFn: ({ signal }) => search(things, body, signal),
    placeholderData: keepPreviousData,
    ...tuning,
  });
}

/**
 * A GET as a query, keyed by the segments of its address: `/v2/user-tasks/{userTaskKey}/form` → `["user-tasks", "12", "form"]`.
 */
export function useResource<P extends PathWith<"get">>(
  path: P,
  parameters: Parameters<"get", P>,
  tuning?: QueryTuning<Answer<"get", P>>,
): UseQueryResult<Answer<"get", P>, ApiError>;
export function useResource(path: string, parts: Parts, tuning: object = {}): UseQueryResult<unknown, ApiError> {
  return useQuery<unknown, ApiError>({
    queryKey: filled(path, parts.path).split("/").slice(2),
    queryFn: async ({ signal }) => jsonOf(await send("GET", path, { ...parts, signal })),
    ...tuning,
  });
}
