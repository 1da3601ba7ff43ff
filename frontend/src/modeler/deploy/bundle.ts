import { idFrom } from "../drafts/fresh";
import type { DraftKind, DraftSummary } from "../library/drafts";

/** A file of a deployment. */
export interface Resource {
  /** Its name on the server: by the id that it declares, so that a renamed draft stays the same resource. */
  resourceName: string;
  kind: DraftKind;
  title: string;
  content: string;
  draftKey?: string;
}

/** The ids that a diagram names outside itself. Expressions are left out: what they give is known only at run time. */
export interface Links {
  formIds: string[];
  decisionIds: string[];
  processIds: string[];
}

export interface Bundle {
  main: Resource;
  /** Found among the drafts, because the main resource names them. */
  linked: Resource[];
  /** Named, but not found among the drafts: they are to be deployed already. */
  missing: { kind: DraftKind; id: string }[];
}

function parse(xml: string): Document | undefined {
  const document = new DOMParser().parseFromString(xml, "application/xml");
  return document.getElementsByTagName("parsererror").length > 0 ? undefined : document;
}

function* elementsNamed(document: Document, localName: string): Generator<Element> {
  for (const element of document.getElementsByTagNameNS("*", localName)) yield element;
}

function attributes(document: Document, localName: string, attribute: string): string[] {
  const values = new Set<string>();
  for (const element of elementsNamed(document, localName)) {
    const value = element.getAttribute(attribute);
    if (value && !value.startsWith("=")) values.add(value);
  }
  return [...values];
}

export function linksOf(xml: string): Links {
  const document = parse(xml);
  if (!document) return { formIds: [], decisionIds: [], processIds: [] };
  const own = attributes(document, "process", "id");
  return {
    formIds: attributes(document, "formDefinition", "formId"),
    decisionIds: attributes(document, "calledDecision", "decisionId"),
    processIds: attributes(document, "calledElement", "processId").filter((id) => !own.includes(id)),
  };
}

/** The ids that a resource declares: processes, decisions, or the form's own. */
export function declaredIds(kind: DraftKind, content: string): string[] {
  if (kind === "FORM") {
    const id = formIdOf(content);
    return id ? [id] : [];
  }
  const document = parse(content);
  return document ? attributes(document, kind === "BPMN" ? "process" : "decision", "id") : [];
}

export function formIdOf(content: string): string | undefined {
  try {
    const { id } = JSON.parse(content) as { id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}

export function asResource(draft: Pick<DraftSummary, "name" | "kind"> & { draftKey?: string }, content: string): Resource {
  const id = declaredIds(draft.kind, content)[0] ?? idFrom(draft.name, "resource");
  return {
    resourceName: `${id.replace(/[^\w.-]/g, "-")}.${draft.kind.toLowerCase()}`,
    kind: draft.kind,
    title: draft.name,
    content,
    draftKey: draft.draftKey,
  };
}

interface Candidate {
  draft: DraftSummary;
  content: string;
}

/**
 * The bundle of a draft: itself, and the drafts that it names. When several drafts declare the same id, the one in the same
 * folder is taken, else the one that was changed last.
 */
export function assemble(main: DraftSummary, content: string, candidates: readonly Candidate[]): Bundle {
  const links = main.kind === "BPMN" ? linksOf(content) : { formIds: [], decisionIds: [], processIds: [] };
  const wanted: [DraftKind, string[]][] = [
    ["FORM", links.formIds],
    ["DMN", links.decisionIds],
    ["BPMN", links.processIds],
  ];
  const linked = new Map<string, Resource>();
  const missing: Bundle["missing"] = [];
  for (const [kind, ids] of wanted) {
    for (const id of ids) {
      const found = best(
        main,
        candidates.filter(
          (each) => each.draft.kind === kind && each.draft.draftKey !== main.draftKey && declaredIds(kind, each.content).includes(id),
        ),
      );
      if (found) linked.set(found.draft.draftKey, asResource(found.draft, found.content));
      else missing.push({ kind, id });
    }
  }
  return { main: asResource(main, content), linked: [...linked.values()], missing };
}

function best(main: DraftSummary, found: readonly Candidate[]): Candidate | undefined {
  return [...found].sort(
    (a, b) =>
      Number(b.draft.folder === main.folder) - Number(a.draft.folder === main.folder) || b.draft.updatedAt.localeCompare(a.draft.updatedAt),
  )[0];
}

/** The id of the form that starts the process: that of the start event outside all sub-processes. */
export function startFormId(xml: string): string | undefined {
  const document = parse(xml);
  if (!document) return undefined;
  for (const start of elementsNamed(document, "startEvent")) {
    if (start.parentElement?.localName !== "process") continue;
    const form = [...start.getElementsByTagNameNS("*", "formDefinition")].map((each) => each.getAttribute("formId")).find(Boolean);
    if (form) return form;
  }
  return undefined;
}
