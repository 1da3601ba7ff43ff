import { expect, it } from "vitest";
import { templatesFrom } from "./templates";

const CHARGE = {
  type: "charge-card",
  title: "Charge card",
  description: "Charges the card",
  retries: 5,
  inputs: [
    { name: "currency", type: "str", required: false, description: "ISO code" },
    { name: "amount", type: "Decimal", required: true, description: null },
  ],
};

it("makes of a job type a template that turns a task into a service task with that type", () => {
  const [template] = templatesFrom([CHARGE]);
  expect(template).toMatchObject({ id: "stepwell.charge-card", name: "Charge card", elementType: { value: "bpmn:ServiceTask" } });
  expect(template!.properties[0]).toEqual({
    type: "Hidden",
    value: "charge-card",
    binding: { type: "zeebe:taskDefinition", property: "type" },
  });
  expect(template!.properties.at(-1)).toMatchObject({ label: "Retries", value: "5" });
});

it("makes each input a field: text as it is typed, anything else as an expression", () => {
  const [, currency, amount] = templatesFrom([CHARGE])[0]!.properties;
  expect(currency).toMatchObject({
    label: "currency",
    type: "String",
    feel: "optional",
    optional: true,
    binding: { type: "zeebe:input", name: "currency" },
  });
  expect(amount).toMatchObject({ label: "amount *", type: "Text", feel: "required" });
  expect(currency!.description).toBe("ISO code. Type: str. May be left empty.");
  expect(amount!.description).toBe("Type: Decimal. Left empty, the variable “amount” is taken.");
});

it("gives each template an id that the format allows", () => {
  expect(templatesFrom([{ ...CHARGE, type: "a b/c:1" }])[0]!.id).toBe("stepwell.a-b-c-1");
});
