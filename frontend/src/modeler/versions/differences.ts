import type { Schemas } from "@/api/contract";

export type Difference = Schemas["DifferenceResult"];
export type Kind = "added" | "removed" | "changed" | "layout";

/** What is said first where an element has several: it is gone or new, else it does something else, else it is drawn otherwise. */
const WEIGHT: Record<Kind, number> = { removed: 0, added: 1, changed: 2, layout: 3 };

export const KIND_WORDS: Record<Kind, string> = { removed: "Removed", added: "Added", changed: "Changed", layout: "Picture" };

export function kindOf({ kind }: Pick<Difference, "kind">): Kind {
  return kind in WEIGHT ? (kind as Kind) : "changed";
}

/** Class names for the elements of the pictures: what was removed is only in the old one, what was added only in the new one. */
export function markersOf(differences: readonly Pick<Difference, "elementId" | "kind">[]): Record<string, string[]> {
  const kinds = new Map<string, Kind>();
  for (const difference of differences) {
    const kind = kindOf(difference);
    const known = kinds.get(difference.elementId);
    if (known === undefined || WEIGHT[kind] < WEIGHT[known]) kinds.set(difference.elementId, kind);
  }
  return Object.fromEntries([...kinds].map(([elementId, kind]) => [elementId, [`sw-diff-${kind}`]]));
}

/** What does something else, and what only looks otherwise: a list each. */
export function apart(differences: readonly Difference[]): { meaning: Difference[]; layout: Difference[] } {
  return {
    meaning: differences.filter((each) => kindOf(each) !== "layout"),
    layout: differences.filter((each) => kindOf(each) === "layout"),
  };
}
