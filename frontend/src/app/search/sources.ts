import { search } from "@/api/client";
import { containing, contains } from "@/shared/matching";

export interface Hit {
  id: string;
  group: string;
  title: string;
  detail?: string;
  to: string;
}

const PAGES: Hit[] = [
  { id: "page-modeler", group: "Pages", title: "Modeler", detail: "Diagrams, decisions and forms", to: "/modeler" },
  { id: "page-inbox", group: "Pages", title: "Inbox", detail: "User tasks", to: "/inbox" },
  { id: "page-operations", group: "Pages", title: "Operations", detail: "Processes, instances, incidents", to: "/operations" },
];

const LIMIT = 5;

type Source = (text: string, signal: AbortSignal) => Promise<Hit[]>;

const SOURCES: Source[] = [
  async (text) => PAGES.filter((page) => contains(page.title, text)),
  async (text, signal) =>
    !/^\d{3,}$/.test(text)
      ? []
      : (await search("process-instances", { filter: { processInstanceKey: text }, page: { limit: 1 } }, signal)).items.map((each) => ({
          id: `instance-${each.processInstanceKey}`,
          group: "Instances",
          title: each.processInstanceKey,
          detail: `${each.processDefinitionName || each.processDefinitionId} · ${each.state.toLowerCase()}`,
          to: `/operations/instances/${each.processInstanceKey}`,
        })),
  async (text, signal) =>
    (await search("user-tasks", { filter: { state: "CREATED", name: containing(text) }, page: { limit: LIMIT } }, signal)).items.map(
      (each) => ({
        id: `task-${each.userTaskKey}`,
        group: "User tasks",
        title: each.name || each.elementId,
        detail: each.processName ?? undefined,
        to: `/inbox/${each.userTaskKey}`,
      }),
    ),
  async (text, signal) =>
    (
      await search("process-definitions", { filter: { name: containing(text), isLatestVersion: true }, page: { limit: LIMIT } }, signal)
    ).items.map((each) => ({
      id: `definition-${each.processDefinitionKey}`,
      group: "Processes",
      title: each.name || each.processDefinitionId,
      detail: `Version ${each.version}`,
      to: `/operations/instances?process=${encodeURIComponent(each.processDefinitionId)}`,
    })),
  async (text, signal) =>
    (await search("drafts", { filter: { name: containing(text) }, page: { limit: LIMIT } }, signal)).items.map((each) => ({
      id: `draft-${each.draftKey}`,
      group: "Drafts",
      title: each.name,
      detail: [each.kind, each.folder].filter(Boolean).join(" · "),
      to: `/modeler/drafts/${each.draftKey}`,
    })),
];

/** What fits the text, from every source that answers; one that fails is left out. */
export async function findEverywhere(text: string, signal: AbortSignal): Promise<Hit[]> {
  if (text === "") return PAGES;
  const answers = await Promise.all(SOURCES.map((source) => source(text, signal).catch(() => [])));
  return answers.flat();
}
