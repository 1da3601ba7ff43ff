import { expect, it } from "vitest";
import { beginningWith, containing, contains } from ".";

it("a part is found whatever the case of the letters, and nothing is in everything", () => {
  expect(contains("Order fulfilment", "FULFIL")).toBe(true);
  expect(contains("Order fulfilment", "")).toBe(true);
  expect(contains("Order fulfilment", "refund")).toBe(false);
});

it("signs that mean something to the server's search stand for themselves", () => {
  expect(containing("50*")).toEqual({ $like: "*50\\**" });
  expect(beginningWith("a?\\")).toEqual({ $like: "a\\?\\\\*" });
});
