import { expect, it } from "vitest";
import { requestFrom } from "./instances";

it("the URL's filters become a search", () => {
  expect(requestFrom(new URLSearchParams("state=ACTIVE&process=order")).filter).toEqual({ state: "ACTIVE", processDefinitionId: "order" });
  expect(requestFrom(new URLSearchParams("state=INCIDENT")).filter).toEqual({ hasIncident: true });
  expect(requestFrom(new URLSearchParams("state=nonsense")).filter).toEqual({});
});
