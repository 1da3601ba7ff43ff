import { editOfReference, localName, referencesIn, idsIn } from "@/shared/bpmn/references";
import { newLibrary, Schema } from "@/shared/bpmn/schema";
import { edited, editOfAttribute, readSource, type Edit, type Source } from "@/shared/xml/source";
import type { DraftKind } from "./drafts";

/** What is known by its id outside of its file: deploying two of one id makes one a version of the other. */
const KNOWN_OUTSIDE: Record<"BPMN" | "DMN", readonly string[]> = {
  BPMN: ["definitions", "process", "collaboration"],
  DMN: ["definitions", "decision"],
};

/** The same content with ids of its own, and everything in it that names them. What cannot be read stays as it is. */
export function withOwnIds(kind: DraftKind, content: string, mark: string = newMark()): string {
  const renamed = (id: string) => `${id}-${mark}`;
  if (kind === "FORM") return formWithOwnId(content, renamed);
  let source: Source;
  try {
    source = readSource(content);
  } catch {
    return content;
  }
  const ids = ownIds(source, KNOWN_OUTSIDE[kind]);
  const edits = kind === "BPMN" ? editsOfDiagram(source, ids, renamed) : editsOfDecisions(source, ids, renamed);
  return edited(
    content,
    [...editsOfIds(source, ids, renamed), ...edits].filter((each) => each !== undefined),
  );
}

type Rename = (id: string) => string;
type Edits = (Edit | undefined)[];

function newMark(): string {
  return Math.random().toString(36).slice(2, 8).padEnd(6, "0");
}

function formWithOwnId(content: string, renamed: Rename): string {
  try {
    const form = JSON.parse(content) as Record<string, unknown>;
    return typeof form.id === "string" ? `${JSON.stringify({ ...form, id: renamed(form.id) }, null, 2)}\n` : content;
  } catch {
    return content;
  }
}

function ownIds(source: Source, names: readonly string[]): Map<string, Element> {
  const all = [...source.document.getElementsByTagName("*")];
  const own = all.filter((each) => names.includes(each.localName) && each.namespaceURI === source.document.documentElement.namespaceURI);
  return new Map(own.flatMap((each) => (each.hasAttribute("id") ? [[each.getAttribute("id")!, each]] : [])));
}

function editsOfIds(source: Source, ids: ReadonlyMap<string, Element>, renamed: Rename): Edits {
  return [...ids].map(([id, element]) => editOfAttribute(source, element, "id", renamed(id)));
}

/** References, and calls of a process in the same file. */
function editsOfDiagram(source: Source, ids: ReadonlyMap<string, Element>, renamed: Rename): Edits {
  const all = idsIn(source.document);
  const references = [...referencesIn(source, new Schema(newLibrary()))].map((reference) =>
    editOfReference(source, reference, (name) => {
      const local = localName(name, reference.holder, all);
      return ids.has(local) ? name.slice(0, name.length - local.length) + renamed(local) : name;
    }),
  );
  const calls = [...source.document.getElementsByTagName("*")].flatMap((element) =>
    [...element.attributes]
      .filter((each) => (each.localName === "processId" && element.localName === "calledElement") || each.localName === "calledElement")
      .filter((each) => ids.get(each.value)?.localName === "process")
      .map((each) => editOfAttribute(source, element, each.name, renamed(each.value))),
  );
  return [...references, ...calls];
}

/** `#id` in requirements, and the shapes of the picture. */
function editsOfDecisions(source: Source, ids: ReadonlyMap<string, Element>, renamed: Rename): Edits {
  return [...source.document.getElementsByTagName("*")].flatMap((element) =>
    [...element.attributes]
      .filter((each) => each.localName === "href" || each.localName === "dmnElementRef")
      .map((each) => {
        const id = each.value.replace(/^#/, "");
        const start = each.value.slice(0, each.value.length - id.length);
        return ids.has(id) ? editOfAttribute(source, element, each.name, start + renamed(id)) : undefined;
      }),
  );
}
