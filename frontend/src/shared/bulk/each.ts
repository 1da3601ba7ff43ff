import { reasonOf } from "@/api/problems";

/** What became of one item of many. */
export interface Outcome<Item> {
  item: Item;
  state: "waiting" | "done" | "refused";
  reason?: string;
}

/** With the refused ones first: they are what is left to see to. */
export function refusedFirst<Item>(outcomes: readonly Outcome<Item>[]): Outcome<Item>[] {
  return [...outcomes.filter((each) => each.state === "refused"), ...outcomes.filter((each) => each.state !== "refused")];
}

const AT_ONCE = 4;

/**
 * Does the same to each item, a few at a time, and tells after each one how all of them stand. One that is refused keeps
 * none of the others from being done. Resolves with the outcomes, in the order of the items.
 */
export async function forEach<Item>(
  items: readonly Item[],
  action: (item: Item) => Promise<unknown>,
  tell: (outcomes: Outcome<Item>[]) => void,
): Promise<Outcome<Item>[]> {
  const outcomes: Outcome<Item>[] = items.map((item) => ({ item, state: "waiting" }));
  let next = 0;
  async function work(): Promise<void> {
    while (next < items.length) {
      const at = next++;
      const item = items[at]!;
      try {
        await action(item);
        outcomes[at] = { item, state: "done" };
      } catch (error) {
        outcomes[at] = { item, state: "refused", reason: reasonOf(error) };
      }
      tell([...outcomes]);
    }
  }
  tell([...outcomes]);
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  return outcomes;
}
