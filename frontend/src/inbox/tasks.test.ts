import { expect, it } from "vitest";
import { asObject, schemaOf } from "./tasks";

it("variables become one object, their JSON texts values", () => {
  expect(asObject([{ name: "total", value: "20.10" }, { name: "items", value: "[1]" }, { name: "who", value: '"Ada"' }, { name: "raw", value: "not json" }])).toEqual({
    total: 20.1,
    items: [1],
    who: "Ada",
    raw: "not json",
  });
});

it("a form's schema may come as text or as an object", () => {
  expect(schemaOf({ formId: "order", schema: '{"components": []}' })).toEqual({ components: [] });
  expect(schemaOf({ formId: "order", schema: { components: [] } })).toEqual({ components: [] });
});
