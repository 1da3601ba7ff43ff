import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, search } from "@/api/client";
import type { Query, Schemas } from "@/api/contract";
import type { ApiError } from "@/api/problems";
import { useSearch } from "@/api/queries";

export type DraftSummary = Schemas["DraftSummary"];
export type Draft = Schemas["DraftResult"];
export type DraftKind = DraftSummary["kind"];

export const KIND_NAMES: Record<DraftKind, string> = { BPMN: "Diagram", DMN: "Decision", FORM: "Form" };

/** The library is shown whole: folders and search work on this list, which is enough for a thousand drafts. */
const LIBRARY: Query<"drafts"> = { sort: [{ field: "updatedAt", order: "DESC" }], page: { limit: 1000 } };

export function useLibrary() {
  // Others draw too: what they save is shown without a reload.
  return useSearch("drafts", LIBRARY, { refetchInterval: 15_000 });
}

export function fetchLibrary(signal?: AbortSignal) {
  return search("drafts", LIBRARY, signal);
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
  return api.get("/v2/drafts/{draftKey}", { path: { draftKey }, signal });
}

export interface NewDraft {
  name: string;
  kind: DraftKind;
  folder: string;
  content: string;
}

export function createDraft(draft: NewDraft): Promise<Draft> {
  return api.post("/v2/drafts", { body: draft });
}

/** Saves what is named; 409 when someone else has saved since `revision`. */
export function saveDraft(draftKey: string, body: Schemas["SaveDraft"]): Promise<Draft> {
  return api.put("/v2/drafts/{draftKey}", { path: { draftKey }, body });
}

export function useLibraryChanges() {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["drafts", "search"] });
  const create = useMutation<Draft, ApiError, NewDraft>({ mutationFn: createDraft, onSettled: refresh });
  const change = useMutation<Draft, ApiError, { draft: DraftSummary; name?: string; folder?: string }>({
    mutationFn: ({ draft, name, folder }) => saveDraft(draft.draftKey, { name, folder, revision: draft.revision }),
    onSettled: refresh,
  });
  const remove = useMutation<void, ApiError, DraftSummary>({
    mutationFn: (draft) => api.delete("/v2/drafts/{draftKey}", { path: { draftKey: draft.draftKey } }),
    onSettled: refresh,
  });
  return { create, change, remove };
}
