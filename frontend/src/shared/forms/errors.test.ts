import { expect, it } from "vitest";
import { errorsById, errorsWithoutField } from "./errors";

const FIELDS = [{ id: "Field_1", key: "amount" }, { id: "Field_2", key: "customer.name" }, { id: "Field_3" }];

it("puts an objection at the field that has its key, its path or its id", () => {
  expect(errorsById({ amount: "Too high", "customer.name": ["Missing", "Too short"], Field_3: "Odd" }, FIELDS)).toEqual({
    Field_1: ["Too high"],
    Field_2: ["Missing", "Too short"],
    Field_3: ["Odd"],
  });
});

it("keeps an objection that fits no field for the place beside the form", () => {
  expect(errorsById({ total: "Wrong" }, FIELDS)).toEqual({});
  expect(errorsWithoutField({ total: "Wrong", amount: "Too high" }, FIELDS)).toEqual(["Wrong"]);
});
