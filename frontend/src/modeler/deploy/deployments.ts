import type { QueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { DeploymentProblem } from "@/api/problems";
import type { Schemas } from "@/api/contract";
import { fetchDraft, fetchLibrary, type DraftSummary } from "../library/drafts";
import { assemble, linksOf, type Bundle, type Resource } from "./bundle";

export type Deployment = Schemas["DeploymentResult"];

function upload(resources: readonly Resource[]): FormData {
  const body = new FormData();
  for (const { resourceName, content } of resources) body.append("resources", new File([content], resourceName));
  return body;
}

/** Deploys all of them or none. Throws `ApiError`, whose problem lists what is wrong. */
export function deploy(resources: readonly Resource[]): Promise<Deployment> {
  return api.post("/v2/deployments", { body: upload(resources) });
}

/** What a deployment would say; nothing is deployed. */
export async function validate(resources: readonly Resource[], signal?: AbortSignal): Promise<DeploymentProblem[]> {
  return (await api.post("/v2/deployments/validation", { body: upload(resources), signal })).problems;
}

/** The bundle of a draft as it stands in the editor, with what it names from the library. */
export async function bundleOf(client: QueryClient, main: DraftSummary, content: string): Promise<Bundle> {
  const links = main.kind === "BPMN" ? linksOf(content) : undefined;
  const kinds = new Set<string>();
  if (links?.formIds.length) kinds.add("FORM");
  if (links?.decisionIds.length) kinds.add("DMN");
  if (links?.processIds.length) kinds.add("BPMN");
  if (kinds.size === 0) return assemble(main, content, []);
  const library = await client.fetchQuery({
    queryKey: ["drafts", "search", "for-bundle"],
    queryFn: ({ signal }) => fetchLibrary(signal),
    staleTime: 5_000,
  });
  const drafts = library.items.filter((draft) => kinds.has(draft.kind) && draft.draftKey !== main.draftKey);
  const candidates = await Promise.all(drafts.map(async (draft) => ({ draft, content: await contentOf(client, draft) })));
  return assemble(main, content, candidates);
}

/** A draft's content, fetched once per revision. */
export async function contentOf(client: QueryClient, draft: DraftSummary): Promise<string> {
  return client.fetchQuery({
    queryKey: ["draft-contents", draft.draftKey, draft.revision],
    queryFn: async ({ signal }) => (await fetchDraft(draft.draftKey, signal)).content,
    staleTime: Infinity,
  });
}
