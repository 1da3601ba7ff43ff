import { expect, it } from "vitest";
import { placeAfterLogin } from "./next";

it("returns to the page that was asked for", () => {
  expect(placeAfterLogin("/operations/instances?state=ACTIVE")).toBe("/operations/instances?state=ACTIVE");
});

it.each([null, "", "//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/login?next=/login"])(
  "goes to the start page instead of %s",
  (next) => {
    expect(placeAfterLogin(next)).toBe("/");
  },
);
