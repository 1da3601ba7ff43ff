import { expect, it } from "vitest";
import { countOf, instancesAddress, requestFrom, sortingFrom } from "./filters";

const filterOf = (address: string) => requestFrom(new URLSearchParams(address)).filter;

it("the address's filters become a search", () => {
  expect(filterOf("state=ACTIVE&process=order&version=2")).toEqual({
    state: "ACTIVE",
    hasIncident: false,
    processDefinitionId: "order",
    processDefinitionVersion: 2,
  });
  expect(filterOf("state=INCIDENT")).toEqual({ hasIncident: true });
  expect(filterOf("element=pick")).toEqual({ elementId: "pick" });
});

it("what means nothing is left out", () => {
  expect(filterOf("state=nonsense&version=two&from=yesterday&business=%20")).toEqual({});
});

it("signs in a text stand for themselves", () => {
  expect(filterOf("business=50*")).toEqual({ businessId: { $like: "*50\\**" } });
  expect(filterOf("business=50")).toEqual({ businessId: { $like: "50*" } });
});

it("values are JSON, and else a text", () => {
  expect(filterOf("variable=amount&value=12")).toEqual({ variables: [{ name: "amount", value: "12" }] });
  expect(filterOf("variable=customer&value=Ada")).toEqual({ variables: [{ name: "customer", value: '"Ada"' }] });
  expect(filterOf("variable=customer")).toEqual({ variables: [{ name: "customer", value: { $exists: true } }] });
});

it("a range of days takes both of them in", () => {
  expect(filterOf("from=2026-01-31&to=2026-01-31")).toEqual({
    startDate: { $gte: new Date(2026, 0, 31).toISOString(), $lt: new Date(2026, 1, 1).toISOString() },
  });
});

it("the list begins with the newest, and sorts by known fields alone", () => {
  expect(sortingFrom(new URLSearchParams())).toEqual({ field: "startDate", order: "DESC" });
  expect(sortingFrom(new URLSearchParams("sort=password&order=ASC"))).toEqual({ field: "startDate", order: "ASC" });
});

it("an address is made from filters, and counted", () => {
  const address = instancesAddress({ process: "order", state: "INCIDENT", version: undefined });
  expect(address).toBe("/operations/instances?process=order&state=INCIDENT");
  expect(countOf(new URLSearchParams(address.split("?")[1]))).toBe(2);
});
