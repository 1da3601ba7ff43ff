import { useState } from "react";

export interface Selection<Item> {
  /** Those that are selected, as they were when they were. They may stand on other pages of the list, or have left it. */
  items: readonly Item[];
  keys: ReadonlySet<string>;
  select: (items: readonly Item[], wanted: boolean) => void;
  none: () => void;
}

/** What a person has selected of a list. It outlives another page or another filter of the list. */
export function useSelection<Item>(keyOf: (item: Item) => string): Selection<Item> {
  const [selected, setSelected] = useState<ReadonlyMap<string, Item>>(new Map());
  return {
    items: [...selected.values()],
    keys: new Set(selected.keys()),
    select: (items, wanted) =>
      setSelected((before) => {
        const next = new Map(before);
        for (const item of items) {
          if (wanted) next.set(keyOf(item), item);
          else next.delete(keyOf(item));
        }
        return next;
      }),
    none: () => setSelected(new Map()),
  };
}
