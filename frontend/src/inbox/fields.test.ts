import { describe, expect, it } from "vitest";
import { fieldsOf, leftoverErrors } from "./fields";

const SCHEMA = {
  components: [
    { type: "text", id: "T" },
    { type: "textfield", id: "A", key: "amount" },
    { type: "dynamiclist", id: "L", path: "items", components: [{ type: "number", id: "Q", key: "quantity" }] },
  ],
};

describe("the fields of a form", () => {
  it("are found in lists and groups as well", () => {
    expect(fieldsOf(SCHEMA).map((each) => each.key ?? each.id)).toEqual(["T", "amount", "items", "quantity"]);
  });

  it("leave over the objections that fit none of them", () => {
    expect(leftoverErrors({ amount: ["too much"], other: ["unknown", "again"] }, SCHEMA)).toEqual(["unknown", "again"]);
  });
});
