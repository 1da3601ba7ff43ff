import { contains } from "@/shared/matching";
import type { DraftSummary } from "./drafts";

export interface Folder {
  /** The names from the outermost, joined by slashes; the library itself is "". */
  path: string;
  name: string;
  /** Drafts in it and in the folders below it. */
  count: number;
}

/** The folders directly below `path`, by name. A folder is there as long as a draft is in it. */
export function foldersIn(drafts: readonly Pick<DraftSummary, "folder">[], path: string): Folder[] {
  const prefix = path === "" ? "" : `${path}/`;
  const counts = new Map<string, number>();
  for (const { folder } of drafts) {
    if (!folder.startsWith(prefix) || folder === path) continue;
    const name = folder.slice(prefix.length).split("/")[0];
    if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ path: prefix + name, name, count })).sort((a, b) => a.name.localeCompare(b.name));
}

/** Every folder there is, the inner ones after the outer ones. */
export function allFolders(drafts: readonly Pick<DraftSummary, "folder">[]): string[] {
  const paths = new Set<string>();
  for (const { folder } of drafts) {
    const names = folder.split("/").filter(Boolean);
    for (let depth = 1; depth <= names.length; depth++) paths.add(names.slice(0, depth).join("/"));
  }
  return [...paths].sort((a, b) => a.localeCompare(b));
}

/** The way to a folder, for breadcrumbs: "a/b" gives a and a/b. */
export function wayTo(path: string): { path: string; name: string }[] {
  const names = path.split("/").filter(Boolean);
  return names.map((name, index) => ({ path: names.slice(0, index + 1).join("/"), name }));
}

/** What the person typed, as a path: no empty names, no spaces around slashes. */
export function asPath(typed: string): string {
  return typed
    .split("/")
    .map((name) => name.trim())
    .filter(Boolean)
    .join("/");
}

export interface View {
  folder: string;
  text: string;
  kind: DraftSummary["kind"] | "";
}

/** The drafts to list: those in the folder itself, or with a search text all that fit, in the folder and below it. */
export function draftsIn<D extends DraftSummary>(drafts: readonly D[], { folder, text, kind }: View): D[] {
  const words = text.split(/\s+/).filter(Boolean);
  return drafts.filter((draft) => {
    if (kind && draft.kind !== kind) return false;
    if (words.length === 0) return draft.folder === folder;
    const inside = folder === "" || draft.folder === folder || draft.folder.startsWith(`${folder}/`);
    return inside && words.every((word) => contains(`${draft.folder}/${draft.name}`, word));
  });
}
