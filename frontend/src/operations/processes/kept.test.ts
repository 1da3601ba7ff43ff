import { expect, it } from "vitest";
import { keptText } from "./kept";

it("says how long something is kept, and what becomes of it", () => {
  expect(keptText({ historyTimeToLive: null, isArchived: true })).toBe("for ever");
  expect(keptText({ historyTimeToLive: 0, isArchived: true })).toBe("until they end, then archived");
  expect(keptText({ historyTimeToLive: 1, isArchived: false })).toBe("for 1 day, then deleted");
  expect(keptText({ historyTimeToLive: 3650, isArchived: true })).toBe("for 3,650 days, then archived");
});
