import { describe, expect, it } from "vitest";
import { duration, relativeTime } from "./format";

const NOW = Date.parse("2026-11-20T12:00:00Z");

describe("relativeTime", () => {
  it.each([
    ["2026-11-20T11:59:55Z", "just now"],
    ["2026-11-20T11:59:30Z", "30 seconds ago"],
    ["2026-11-20T11:57:00Z", "3 minutes ago"],
    ["2026-11-20T14:00:00Z", "in 2 hours"],
    ["2026-11-19T11:00:00Z", "yesterday"],
    ["2026-11-24T12:00:00Z", "in 4 days"],
    ["2024-11-20T12:00:00Z", "2 years ago"],
  ])("says of %s: %s", (iso, words) => {
    expect(relativeTime(iso, NOW)).toBe(words);
  });

  it("shows what is no date as it is", () => {
    expect(relativeTime("soon", NOW)).toBe("soon");
  });
});

describe("duration", () => {
  it.each([
    [40, "40 ms"],
    [1250, "1.25 s"],
    [61_000, "1 min 1 s"],
    [3_600_000, "1 h"],
    [183_600_000, "2 d 3 h"],
  ])("shows %d ms as %s", (ms, words) => {
    expect(duration(ms)).toBe(words);
  });
});
