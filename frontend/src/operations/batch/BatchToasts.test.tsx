import { screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { show } from "@/testing/page";
import { fakeServer } from "@/testing/server";
import { BatchToasts } from "./BatchToasts";
import { follow, unfollow } from "./followed";

const server = fakeServer();

afterEach(() => unfollow("7"));

it("does not call a batch of retries done when they have failed again", async () => {
  server.on("GET /v2/batch-operations/7", {
    batchOperationKey: "7",
    batchOperationType: "RESOLVE_INCIDENT",
    isDryRun: false,
    state: "COMPLETED",
    startDate: new Date().toISOString(),
    endDate: new Date().toISOString(),
    actorType: "USER",
    actorId: "admin",
    operationsTotalCount: 83,
    operationsFailedCount: 0,
    operationsCompletedCount: 83,
    errors: [],
  });
  server.on("GET /v2/batch-operations/7/repeated-failures", {
    failedAgainCount: 83,
    reasons: [{ errorMessage: "boom", count: 83, isSameReason: true }],
  });
  follow("7");
  show(<BatchToasts />);
  expect(await screen.findByText("83 tried, 83 failed again, same reason")).toBeTruthy();
});
