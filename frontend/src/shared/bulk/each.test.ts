import { describe, expect, it } from "vitest";
import { forEach, refusedFirst, type Outcome } from "./each";

describe("forEach", () => {
  it("goes on after a refusal and keeps the order", async () => {
    const outcomes = await forEach(
      [1, 2, 3],
      async (item) => {
        if (item === 2) throw new Error("no");
      },
      () => undefined,
    );
    expect(outcomes).toEqual([
      { item: 1, state: "done" },
      { item: 2, state: "refused", reason: "no" },
      { item: 3, state: "done" },
    ]);
  });

  it("has never more than four under way", async () => {
    let now = 0;
    let most = 0;
    await forEach(
      Array.from({ length: 20 }),
      async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve));
        now--;
      },
      () => undefined,
    );
    expect(most).toBe(4);
  });

  it("tells how all stand after each", async () => {
    const told: Outcome<string>[][] = [];
    await forEach(
      ["a", "b"],
      async () => undefined,
      (outcomes) => told.push(outcomes),
    );
    expect(told[0]!.map((each) => each.state)).toEqual(["waiting", "waiting"]);
    expect(told.at(-1)!.map((each) => each.state)).toEqual(["done", "done"]);
    expect(told).toHaveLength(3);
  });
});

it("refused ones come first in what is shown at the end, and all keep their order", async () => {
  const outcomes = await forEach(
    [1, 2, 3, 4],
    async (item) => {
      if (item % 2 === 0) throw new Error("no");
    },
    () => undefined,
  );
  expect(refusedFirst(outcomes).map((each) => each.item)).toEqual([2, 4, 1, 3]);
});
