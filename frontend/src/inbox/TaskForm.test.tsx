import { screen, waitFor } from "@testing-library/react";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { CurrentUser } from "@/api/session";
import { show } from "@/testing/page";
import { fakeServer, found, refusal } from "@/testing/server";
import { TaskForm } from "./TaskForm";
import type { UserTask } from "./tasks";

const server = fakeServer();

const ALICE = { username: "alice", displayName: "Alice", roles: [], groups: [] } as unknown as CurrentUser;
const task = (given: Partial<UserTask> = {}) =>
  ({ userTaskKey: "7", name: "Approve order", elementId: "approve", state: "CREATED", assignee: "alice", ...given }) as UserTask;

const FORM = {
  type: "default",
  id: "approve",
  components: [
    { type: "textfield", id: "Comment", key: "comment", label: "Comment", validate: { required: true } },
    { type: "number", id: "Amount", key: "amount", label: "Amount" },
  ],
};

// The page loads it when the first form is shown, which takes a while.
beforeAll(() => import("@/shared/forms/FormView"), 60_000);

beforeEach(() => {
  localStorage.clear();
  server.on("GET /v2/user-tasks/7/form", {
    formId: "approve",
    formKey: "1",
    version: 1,
    tenantId: "<default>",
    schema: JSON.stringify(FORM),
  });
  server.on("POST /v2/user-tasks/7/variables/search", found([{ name: "amount", value: "12" }]));
  server.on("GET /v2/user-tasks/7/draft", null);
  server.on("PUT /v2/user-tasks/7/draft", null);
  server.on("POST /v2/user-tasks/7/completion", null);
});

function open(given: Partial<UserTask> = {}, next?: UserTask) {
  const [claim, opened] = [vi.fn(), vi.fn()];
  const person = show(<TaskForm task={task(given)} user={ALICE} next={next} claim={claim} opened={opened} />);
  return { person, claim, opened };
}

/**
 * A field of the form, once form-js has settled: a number field tells 0.3 s after it was drawn what it was drawn with, and what was typed
 * elsewhere meanwhile is lost.
 */
async function field(label: RegExp): Promise<HTMLInputElement> {
  await screen.findByLabelText(label);
  await new Promise((resolve) => setTimeout(resolve, 400));
  return screen.getByLabelText<HTMLInputElement>(label);
}

const completions = () => server.changes().filter((each) => each.address.endsWith("/completion"));
const drafts = () => server.changes().filter((each) => each.method === "PUT");
const complete = () => screen.getByRole("button", { name: /^Complete/ });

it("opens with the variables of the task, and sends what was filled in", async () => {
  const { person, opened } = open();
  expect((await field(/Amount/)).value).toBe("12");
  await person.type(await field(/Comment/), "fine");
  await person.click(complete());
  await waitFor(() => expect(completions()).toHaveLength(1));
  expect(completions()[0]!.body).toEqual({ variables: { comment: "fine", amount: 12 } });
  expect(await screen.findByText("“Approve order” is completed")).toBeTruthy();
  expect(opened).not.toHaveBeenCalled();
});

it("sends nothing while a field that is required is empty, and says so at the field", async () => {
  const { person } = open();
  await field(/Comment/);
  await person.click(complete());
  expect(await screen.findByText("Field is required.")).toBeTruthy();
  expect(completions()).toEqual([]);
});

it("shows the server's objection at its field, and one that fits no field below the form", async () => {
  server.on("POST /v2/user-tasks/7/completion", () =>
    refusal(400, { title: "Refused", detail: "Two are wrong", errors: { amount: ["At most 10."], budget: ["Nothing is left."] } }),
  );
  const { person, opened } = open();
  await person.type(await field(/Comment/), "fine");
  await person.click(complete());
  expect(await screen.findByText("At most 10.")).toBeTruthy();
  expect(screen.getByText("Nothing is left.")).toBeTruthy();
  expect((await field(/Comment/)).value).toBe("fine");
  expect(opened).not.toHaveBeenCalled();
});

it("says why when the task was refused as a whole", async () => {
  server.on("POST /v2/user-tasks/7/completion", () => refusal(409, { title: "Conflict", detail: "Bob has completed it." }));
  const { person } = open();
  await person.type(await field(/Comment/), "fine");
  await person.click(complete());
  expect(await screen.findByText("Bob has completed it.")).toBeTruthy();
});

it("keeps a draft of what is typed, once the typing pauses", async () => {
  const { person } = open();
  await person.type(await field(/Comment/), "half");
  expect(await screen.findByText("Draft saved")).toBeTruthy();
  expect(drafts().at(-1)!.body).toEqual({ variables: { comment: "half", amount: 12 } });
});

it("opens with the draft rather than with the variables", async () => {
  server.on("GET /v2/user-tasks/7/draft", { variables: { comment: "from before", amount: 3 }, savedAt: "2030-01-01T00:00:00Z" });
  open();
  expect((await field(/Comment/)).value).toBe("from before");
  expect((await field(/Amount/)).value).toBe("3");
});

it("is completed by the keyboard, and then opens the next one where that is wanted", async () => {
  const next = task({ userTaskKey: "8" });
  const { person, opened } = open({}, next);
  await person.click(await screen.findByLabelText("Then open the next one"));
  await person.type(await field(/Comment/), "fine{Control>}{Enter}{/Control}");
  await waitFor(() => expect(opened).toHaveBeenCalledWith(next));
  expect(completions()).toHaveLength(1);
});

it("is to be read alone while it is someone else's, and offers itself while it is nobody's", async () => {
  open({ assignee: "bob" });
  expect((await field(/Comment/)).readOnly).toBe(true);
  expect(screen.getByText("bob has this task. You see it as it is.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /^Complete/ })).toBeNull();
});

it("can be claimed where it is nobody's", async () => {
  const { person, claim } = open({ assignee: null });
  await person.click(await screen.findByRole("button", { name: "Claim and fill in" }));
  expect(claim).toHaveBeenCalledOnce();
});

it("a task without a form shows its variables, and sends those that were changed", async () => {
  server.on("GET /v2/user-tasks/7/form", null);
  const { person } = open();
  await person.click(await screen.findByRole("button", { name: "Change amount" }));
  const value = screen.getByLabelText("Value of amount");
  await person.clear(value);
  await person.type(value, "15");
  await person.click(complete());
  await waitFor(() => expect(completions()).toHaveLength(1));
  expect(completions()[0]!.body).toEqual({ variables: { amount: 15 } });
});

it("offers to try again when it cannot be read", async () => {
  server.on("GET /v2/user-tasks/7/form", () => refusal(500, { title: "The server has failed" }));
  const { person } = open();
  expect(await screen.findByRole("heading", { name: "The server has failed" })).toBeTruthy();
  server.on("GET /v2/user-tasks/7/form", null);
  await person.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(/This task has no form/)).toBeTruthy();
});
