import { screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { show } from "@/testing/page";
import { fakeServer, refusal } from "@/testing/server";
import { BatchDialog } from "./BatchDialog";
import { BatchToasts } from "./BatchToasts";
import type { Batch } from "./followed";

const server = fakeServer();

const SUSPEND: Batch = { to: "process-instances", action: "suspension", filter: { processInstanceKey: { $in: ["1", "2"] } } };

function open(batch: Batch, count: string) {
  const [begun, close] = [vi.fn(), vi.fn()];
  const person = show(
    <>
      <BatchDialog batch={batch} count={count} begun={begun} close={close} />
      <BatchToasts />
    </>,
  );
  return { person, begun, close };
}

it("asks first, and sends nothing when it is left", async () => {
  const { person, begun, close } = open(SUSPEND, "2 instances");
  expect(screen.getByRole("heading", { name: "Suspend 2 instances?" })).toBeTruthy();
  await person.click(screen.getByRole("button", { name: "Not now" }));
  expect(close).toHaveBeenCalledOnce();
  expect(begun).not.toHaveBeenCalled();
  expect(server.changes()).toEqual([]);
});

it("begins with the filter that was meant, and shows how far it is", async () => {
  server.on("POST /v2/process-instances/suspension", { batchOperationKey: "77", batchOperationType: "SUSPEND_PROCESS_INSTANCE" });
  server.on("GET /v2/batch-operations/77", {
    batchOperationKey: "77",
    batchOperationType: "SUSPEND_PROCESS_INSTANCE",
    isDryRun: false,
    state: "ACTIVE",
    startDate: "2030-01-01T00:00:00Z",
    endDate: null,
    actorType: "USER",
    actorId: "alice",
    operationsTotalCount: 2,
    operationsFailedCount: 0,
    operationsCompletedCount: 1,
    errors: [],
  });
  const { person, begun, close } = open(SUSPEND, "2 instances");
  await person.click(screen.getByRole("button", { name: "Suspend instances" }));
  await waitFor(() => expect(close).toHaveBeenCalledOnce());
  expect(begun).toHaveBeenCalledOnce();
  expect(server.changes()).toEqual([
    { method: "POST", address: "/v2/process-instances/suspension", body: { filter: { processInstanceKey: { $in: ["1", "2"] } } } },
  ]);
  expect(await screen.findByText("Suspending instances")).toBeTruthy();
  expect(screen.getByText("1 of 2")).toBeTruthy();
});

it("incidents go to their own address", async () => {
  server.on("POST /v2/incidents/resolution", { batchOperationKey: "78", batchOperationType: "RESOLVE_INCIDENT" });
  const filter = { state: "ACTIVE" as const, errorMessage: "no paper" };
  const { person, begun } = open({ to: "incidents", action: "resolution", filter }, "1 incident");
  await person.click(screen.getByRole("button", { name: "Retry" }));
  await waitFor(() => expect(begun).toHaveBeenCalledOnce());
  expect(server.changes()).toEqual([{ method: "POST", address: "/v2/incidents/resolution", body: { filter } }]);
});

it("a refusal is told with its reason, the dialog goes, and nothing counts as begun", async () => {
  server.on("POST /v2/process-instances/suspension", () => refusal(403, { title: "Forbidden", detail: "Expected an operator." }));
  const { person, begun, close } = open(SUSPEND, "2 instances");
  await person.click(screen.getByRole("button", { name: "Suspend instances" }));
  expect(await screen.findByText("Nothing was begun")).toBeTruthy();
  expect(screen.getByText("Expected an operator.")).toBeTruthy();
  expect(close).toHaveBeenCalledOnce();
  expect(begun).not.toHaveBeenCalled();
});

it("cannot be begun twice while the server has not answered", async () => {
  let answer: (response: Response) => void = () => undefined;
  server.on("POST /v2/process-instances/suspension", () => new Promise<Response>((resolve) => (answer = resolve)));
  const { person, close } = open(SUSPEND, "2 instances");
  const button = screen.getByRole<HTMLButtonElement>("button", { name: "Suspend instances" });
  await person.click(button);
  await waitFor(() => expect(button.disabled).toBe(true));
  await person.click(button);
  answer(Response.json({ batchOperationKey: "79", batchOperationType: "SUSPEND_PROCESS_INSTANCE" }));
  await waitFor(() => expect(close).toHaveBeenCalledOnce());
  expect(server.changes()).toHaveLength(1);
});
