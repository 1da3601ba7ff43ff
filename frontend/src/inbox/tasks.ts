import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type QueryClient,
} from "@tanstack/react-query";
import { api, search } from "@/api/client";
import type { Found, Query, Schemas } from "@/api/contract";
import type { ApiError } from "@/api/problems";
import { tellRefusal } from "@/shared/notices";
import type { FormData } from "@/shared/forms";

export type UserTask = Schemas["UserTaskResult"];
export type Comment = Schemas["CommentResult"];
type Page = Found<"user-tasks">;
type TaskQuery = Query<"user-tasks">;

const PAGE = 50;

/** Of every list of user tasks. */
export const LISTS = ["user-tasks", "search"];
export const COUNTS = ["user-tasks", "counts"];

export function taskKeys(userTaskKey: string): string[][] {
  return [
    ["user-tasks", userTaskKey, "task"],
    ["user-tasks", userTaskKey, "comments"],
  ];
}

export function nameOf(task: UserTask): string {
  return task.name || task.elementId;
}

export function processNameOf(task: UserTask): string {
  return task.processName || task.processDefinitionId;
}

/** The tasks that a search finds, page by page. */
export function useTasks(request: TaskQuery, enabled: boolean) {
  return useInfiniteQuery<Page, ApiError, InfiniteData<Page>, unknown[], string | undefined>({
    queryKey: [...LISTS, request],
    queryFn: ({ pageParam, signal }) => search("user-tasks", { ...request, page: { limit: PAGE, after: pageParam } }, signal),
    initialPageParam: undefined,
    getNextPageParam: (last) => (last.items.length < PAGE ? undefined : (last.page.endCursor ?? undefined)),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** How many a search finds; there may be more than it counts. */
export function useCount(request: TaskQuery, enabled: boolean) {
  return useQuery<Page["page"], ApiError>({
    queryKey: [...COUNTS, request],
    queryFn: async ({ signal }) => (await search("user-tasks", { filter: request.filter, page: { limit: 0 } }, signal)).page,
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
    enabled,
  });
}

export function useTask(userTaskKey: string) {
  const client = useQueryClient();
  return useQuery<UserTask, ApiError>({
    queryKey: ["user-tasks", userTaskKey, "task"],
    queryFn: ({ signal }) => api.get("/v2/user-tasks/{userTaskKey}", { path: { userTaskKey }, signal }),
    // The list has all of it: it is there at once, and read again behind.
    placeholderData: () => listed(client, userTaskKey),
  });
}

function listed(client: QueryClient, userTaskKey: string): UserTask | undefined {
  for (const [, data] of client.getQueriesData<InfiniteData<Page>>({ queryKey: LISTS })) {
    for (const page of data?.pages ?? []) {
      const found = page.items.find((task) => task.userTaskKey === userTaskKey);
      if (found) return found;
    }
  }
  return undefined;
}

/** The schema of a task's form; null when it has none. */
export function useTaskForm(userTaskKey: string) {
  return useQuery<object | null, ApiError>({
    queryKey: ["user-tasks", userTaskKey, "form"],
    queryFn: async ({ signal }) => {
      const form = await api.get("/v2/user-tasks/{userTaskKey}/form", { path: { userTaskKey }, signal });
      return form ? (JSON.parse(form.schema) as object) : null;
    },
    staleTime: Infinity,
  });
}

/** The variables that a task sees, as JSON texts by name. */
export function useTaskVariables(userTaskKey: string) {
  return useQuery<Record<string, string>, ApiError>({
    queryKey: ["user-tasks", userTaskKey, "variables"],
    queryFn: async ({ signal }) => {
      const found = await api.post("/v2/user-tasks/{userTaskKey}/variables/search", {
        path: { userTaskKey },
        query: { truncateValues: false },
        body: { page: { limit: 1000 } },
        signal,
      });
      return Object.fromEntries(found.items.map((each) => [each.name, each.value]));
    },
  });
}

/** The values of variables, as a form reads them. */
export function valuesOf(variables: Readonly<Record<string, string>>): FormData {
  return Object.fromEntries(Object.entries(variables).map(([name, json]) => [name, JSON.parse(json) as unknown]));
}

export function useComments(userTaskKey: string) {
  return useQuery<Comment[], ApiError>({
    queryKey: ["user-tasks", userTaskKey, "comments"],
    queryFn: async ({ signal }) =>
      (await api.post("/v2/user-tasks/{userTaskKey}/comments/search", { path: { userTaskKey }, body: { page: { limit: 500 } }, signal }))
        .items,
  });
}

const at = ({ userTaskKey }: UserTask) => ({ userTaskKey });

export const commands = {
  claim: (task: UserTask, username: string) =>
    api.post("/v2/user-tasks/{userTaskKey}/assignment", {
      path: at(task),
      body: { assignee: username, allowOverride: false, action: "claim" },
    }),
  assign: (task: UserTask, assignee: string) =>
    api.post("/v2/user-tasks/{userTaskKey}/assignment", { path: at(task), body: { assignee, allowOverride: true, action: "assign" } }),
  unassign: (task: UserTask) => api.delete("/v2/user-tasks/{userTaskKey}/assignee", { path: at(task) }),
  complete: (task: UserTask, variables: FormData) =>
    api.post("/v2/user-tasks/{userTaskKey}/completion", { path: at(task), body: { variables } }),
  /** An empty text takes a date away. */
  update: (task: UserTask, changeset: Schemas["Changeset"]) =>
    api.patch("/v2/user-tasks/{userTaskKey}", { path: at(task), body: { changeset } }),
  comment: (task: UserTask, text: string) => api.post("/v2/user-tasks/{userTaskKey}/comments", { path: at(task), body: { text } }),
};

interface Change {
  task: UserTask;
  /** What the task will look like. */
  shown: Partial<UserTask>;
  /** "The task could not be claimed" */
  refusal: string;
  send: () => Promise<unknown>;
}

/** Changes a task: it shows at once, and goes back with a reason when the server refuses. */
export function useTaskChange() {
  const client = useQueryClient();
  return useMutation<unknown, Error, Change, () => void>({
    mutationFn: ({ send }) => send(),
    onMutate: async ({ task, shown }) => {
      await client.cancelQueries({ queryKey: LISTS });
      await client.cancelQueries({ queryKey: ["user-tasks", task.userTaskKey, "task"] });
      return show(client, { ...task, ...shown });
    },
    onError: (error, { refusal }, goBack) => {
      goBack?.();
      tellRefusal(refusal, error);
    },
    onSettled: (_data, _error, { task }) => refresh(client, task.userTaskKey),
  });
}

/** Puts a task as it will be into every list; returns the way back. */
function show(client: QueryClient, task: UserTask): () => void {
  const key = ["user-tasks", task.userTaskKey, "task"];
  const lists = client.getQueriesData<InfiniteData<Page>>({ queryKey: LISTS });
  const before = client.getQueryData<UserTask>(key);
  client.setQueryData(key, task);
  for (const [queryKey, data] of lists) {
    if (!data) continue;
    client.setQueryData<InfiniteData<Page>>(queryKey, {
      ...data,
      pages: data.pages.map((page) => ({
        ...page,
        items: page.items.map((each) => (each.userTaskKey === task.userTaskKey ? task : each)),
      })),
    });
  }
  return () => {
    client.setQueryData(key, before);
    for (const [queryKey, data] of lists) client.setQueryData(queryKey, data);
  };
}

export async function refresh(client: QueryClient, userTaskKey?: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: LISTS }),
    client.invalidateQueries({ queryKey: COUNTS }),
    userTaskKey ? client.invalidateQueries({ queryKey: ["user-tasks", userTaskKey] }) : undefined,
  ]);
}
