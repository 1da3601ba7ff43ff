import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { ApiError } from "@/api/problems";
import { useSearch } from "@/api/queries";
import { declaredIds } from "../deploy/bundle";
import type { DraftKind } from "../library/drafts";
import type { Difference } from "./differences";

/** A deployed version of what the draft declares. */
export interface Version {
  /** The key of the process, the decision requirements or the form. */
  key: string;
  version: number;
  versionTag: string | null;
  /** Known of processes. */
  deployed?: { at: string; by: string };
}

interface Versions {
  items: Version[];
  isPending: boolean;
  isSuccess: boolean;
  error: ApiError | null;
  refetch: () => void;
}

const PAGE = { limit: 200 };

/** The id of what a file declares, by which its versions are found: of its first process, its decisions as a whole, or its form. */
export function declaredId(kind: DraftKind, content: string): string | undefined {
  if (kind !== "DMN") return declaredIds(kind, content)[0];
  return new DOMParser().parseFromString(content, "application/xml").documentElement.getAttribute("id") ?? undefined;
}

/** The deployed versions of a process, a file of decisions or a form, the newest first. */
export function useVersions(kind: DraftKind, id: string | undefined): Versions {
  const wanted = (each: DraftKind) => ({ enabled: kind === each && id !== undefined });
  const newestFirst = [{ field: "version", order: "DESC" } as const];
  const processes = useSearch(
    "process-definitions",
    { filter: { processDefinitionId: id }, sort: [...newestFirst], page: PAGE },
    wanted("BPMN"),
  );
  const decisions = useSearch(
    "decision-requirements",
    { filter: { decisionRequirementsId: id }, sort: [...newestFirst], page: PAGE },
    wanted("DMN"),
  );
  const forms = useSearch("forms", { filter: { formId: id }, sort: [...newestFirst], page: PAGE }, wanted("FORM"));
  const found = { BPMN: processes, DMN: decisions, FORM: forms }[kind];
  const items: Record<DraftKind, () => Version[]> = {
    BPMN: () =>
      (processes.data?.items ?? []).map((each) => ({
        key: each.processDefinitionKey,
        version: each.version,
        versionTag: each.versionTag,
        deployed: { at: each.deployedAt, by: each.deployedBy },
      })),
    DMN: () => (decisions.data?.items ?? []).map(({ decisionRequirementsKey: key, version }) => ({ key, version, versionTag: null })),
    FORM: () => (forms.data?.items ?? []).map(({ formKey: key, version }) => ({ key, version, versionTag: null })),
  };
  return {
    items: id === undefined ? [] : items[kind](),
    isPending: id !== undefined && found.isPending,
    isSuccess: id === undefined || found.isSuccess,
    error: found.error,
    refetch: () => void found.refetch(),
  };
}

/** The file of a version, as it was deployed. */
export function useVersionContent(resourceKey: string): UseQueryResult<string> {
  return useQuery({
    queryKey: ["resources", resourceKey, "content"],
    queryFn: ({ signal }) => api.getText("/v2/resources/{resourceKey}/content", { path: { resourceKey }, signal }),
    staleTime: Infinity,
  });
}

/** What the draft does differently from a version, as the server says it. */
export function useDifferences(kind: DraftKind, resourceKey: string, content: string): UseQueryResult<Difference[]> {
  return useQuery({
    queryKey: ["differences", resourceKey, content],
    queryFn: async ({ signal }) => {
      const body = { before: { resourceKey }, after: { content, kind } };
      return (await api.post("/v2/resources/differences", { body, signal })).items;
    },
    staleTime: Infinity,
    gcTime: 0,
  });
}
