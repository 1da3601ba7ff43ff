import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DraftSaver, loadDraft, localDraft, type DraftState } from "./drafts";

const sent: { method: string; body: unknown }[] = [];
let answer: () => Response;
let states: DraftState[];
let saver: DraftSaver;

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = 0;
  states = [];
  answer = () => new Response(null, { status: 204 });
  vi.stubGlobal("fetch", async (_path: string, init: RequestInit) => {
    sent.push({ method: init.method!, body: init.body ? JSON.parse(init.body as string) : undefined });
    return answer();
  });
  localStorage.clear();
  saver = new DraftSaver("bob", "7", (state) => states.push(state));
  saver.open({ amount: 1 });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the draft of a form", () => {
  it("is in the browser at once and on the server after a pause, where it is kept alone", async () => {
    saver.change({ amount: 2 });
    expect(localDraft("bob", "7")?.variables).toEqual({ amount: 2 });
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toEqual([{ method: "PUT", body: { variables: { amount: 2 } } }]);
    expect(states).toEqual(["pending", "saved"]);
    expect(localDraft("bob", "7")).toBeNull();
  });

  it("is sent once for many changes", async () => {
    for (let amount = 2; amount < 9; amount++) saver.change({ amount });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent.map((each) => each.body)).toEqual([{ variables: { amount: 8 } }]);
  });

  it("is no draft while nothing was changed", async () => {
    saver.change({ amount: 1 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toEqual([]);
    expect(localDraft("bob", "7")).toBeNull();
  });

  it("stays in the browser when the server does not take it", async () => {
    answer = () => new Response(null, { status: 404 });
    saver.change({ amount: 2 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(states).toEqual(["pending", "local"]);
    expect((await loadDraft("bob", "7"))?.variables).toEqual({ amount: 2 });
  });

  it("is another for each person", () => {
    saver.change({ amount: 2 });
    expect(localDraft("carol", "7")).toBeNull();
  });

  it("ends with the task, and sends nothing after", async () => {
    saver.change({ amount: 2 });
    saver.end();
    saver.change({ amount: 3 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toEqual([]);
    expect(localDraft("bob", "7")).toBeNull();
  });

  it("is read from where it is newer", async () => {
    saver.change({ amount: 2 });
    const remote = { variables: { amount: 9 }, savedAt: new Date(Date.now() + 60_000).toISOString() };
    answer = () => Response.json(remote);
    expect(await loadDraft("bob", "7")).toEqual(remote);
    answer = () => Response.json({ ...remote, savedAt: "2020-01-01T00:00:00Z" });
    expect((await loadDraft("bob", "7"))?.variables).toEqual({ amount: 2 });
  });
});
