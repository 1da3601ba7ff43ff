import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { ApiError } from "@/api/problems";
import { search, useSearch, type SearchRequest } from "@/api/queries";
import type { components } from "@/api/schema";

export type DraftKind = "BPMN" | "DMN" | "FORM";
export type DraftSummary = Omit<components["schemas"]["DraftSummary"], "kind"> & { kind: DraftKind };
export type Draft = DraftSummary & { content: string };

export const KIND_NAMES: Record<DraftKind, string> = { BPMN: "Diagram", DMN: "Decision", FORM: "Form" };

/** The library is shown whole: folders and search work on this list, which is enough for a thousand drafts. */
const LIBRARY: SearchRequest = { sort: [{ field: "updatedAt", order: "DESC" }], page: { limit: 1000 } };

export function useLibrary() {
  // Others draw too: what they save is shown without a reload.
  return useSearch<DraftSummary>("drafts", LIBRARY, { refetchInterval: 15_000 });
}

export function fetchLibrary(signal?: AbortSignal) {
  return search<DraftSummary>("drafts", LIBRARY, signal);
}

/** The draft as it was opened; the editor keeps what changes afterwards. */
export function useDraft(draftKey: string) {
  return useQuery<Draft, ApiError>({
    queryKey: ["drafts", draftKey],
    queryFn: ({ signal }) => fetchDraft(draftKey, signal),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

export function fetchDraft(draftKey: string, signal?: AbortSignal): Promise<Draft> {
  return api.get<Draft>(`/v2/drafts/${draftKey}`, { signal });
}

export interface NewDraft {
  name: string;
  kind: DraftKind;
  folder: string;
  content: string;
}

export function createDraft(draft: NewDraft): Promise<Draft> {
  return api.post<Draft>("/v2/drafts", draft);
}

export function useLibraryChanges() {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["drafts", "search"] });
  const create = useMutation<Draft, ApiError, NewDraft>({ mutationFn: createDraft, onSettled: refresh });
  const change = useMutation<Draft, ApiError, { draft: DraftSummary; name?: string; folder?: string }>({
    mutationFn: ({ draft, name, folder }) => api.put<Draft>(`/v2/drafts/${draft.draftKey}`, { name, folder, revision: draft.revision }),
    onSettled: refresh,
  });
  const remove = useMutation<void, ApiError, DraftSummary>({
    mutationFn: (draft) => api.delete<void>(`/v2/drafts/${draft.draftKey}`),
    onSettled: refresh,
  });
  return { create, change, remove };
}
