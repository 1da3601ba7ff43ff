// @vitest-environment jsdom
import { Form, type Schema } from "@bpmn-io/form-js-viewer";
import { waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { withAllRows } from "./rows";

const SCHEMA = {
  type: "default",
  id: "f",
  components: [
    { type: "textfield", key: "note", id: "n" },
    {
      type: "dynamiclist",
      path: "items",
      id: "dl",
      isRepeating: true,
      components: [
        { type: "number", key: "qty", id: "q", conditional: { hide: "=this.off" } },
        { type: "number", key: "price", id: "p", disabled: true },
      ],
    },
  ],
};

let form: Form | undefined;
afterEach(() => form?.destroy());

async function submitted(items: object[]) {
  form = new Form({ container: document.createElement("div") });
  await form.importSchema(SCHEMA as Schema, { items, note: "x" });
  const opened = form;
  await waitFor(() => expect(opened.get<{ getAll(): unknown[] }>("formFieldInstanceRegistry").getAll().length).toBeGreaterThan(2));
  return withAllRows(opened, opened.submit().data);
}

describe("what a form sends of its lists", () => {
  it("is every row, whole, though all its fields are hidden or disabled", async () => {
    const items = [
      { id: 1, off: true, qty: 1, price: 5 },
      { id: 2, off: false, qty: 2, price: 6 },
      { id: 3, off: true, qty: 3, price: 7 },
    ];
    expect(await submitted(items)).toEqual({ note: "x", items });
  });

  it("is an empty list when every row was removed", async () => {
    expect(await submitted([])).toEqual({ note: "x", items: [] });
  });
});
