import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "@/api/problems";
import type { Draft } from "../library/drafts";
import type { LocalCopies, LocalCopy } from "./localCopies";
import { DraftSaver } from "./saver";

const DRAFT: Draft = {
  draftKey: "7",
  name: "Order",
  kind: "BPMN",
  folder: "",
  content: "v1",
  revision: 1,
  createdAt: "",
  createdBy: "alice",
  updatedAt: "2026-11-20T10:00:00Z",
  updatedBy: "alice",
  deployedAt: null,
  deploymentKey: null,
};

/** A server with one draft, which refuses stale revisions as ours does. */
class DraftServer {
  stored: Draft = { ...DRAFT };
  requests = 0;
  failure: ApiError | undefined;
  /** The request is taken, but its answer never comes: the tab is closed, or the line is cut. */
  silent = false;

  put = async (_key: string, body: { revision: number; content?: string; name?: string }) => {
    this.requests += 1;
    await Promise.resolve();
    if (this.failure) throw this.failure;
    if (body.revision !== this.stored.revision) throw new ApiError({ status: 409, title: "Conflict", detail: "bob has saved" });
    this.stored = {
      ...this.stored,
      content: body.content ?? this.stored.content,
      name: body.name ?? this.stored.name,
      revision: this.stored.revision + 1,
    };
    if (this.silent) throw new ApiError({ status: 0, title: "No answer" });
    return this.stored;
  };

  get = async () => this.stored;
}

class Copies implements LocalCopies {
  kept = new Map<string, LocalCopy>();
  keep(key: string, copy: LocalCopy) {
    this.kept.set(key, copy);
  }
  find(key: string) {
    return this.kept.get(key);
  }
  forget(key: string) {
    this.kept.delete(key);
  }
}

let server: DraftServer;
let copies: Copies;
let saver: DraftSaver;

beforeEach(() => {
  vi.useFakeTimers();
  server = new DraftServer();
  copies = new Copies();
  saver = new DraftSaver({ draft: DRAFT, server, copies });
});
afterEach(() => vi.useRealTimers());

it("saves once, a moment after the last of several changes", async () => {
  saver.change("v2");
  await vi.advanceTimersByTimeAsync(500);
  saver.change("v3");
  expect(saver.getState().kind).toBe("unsaved");
  await vi.advanceTimersByTimeAsync(1000);
  expect(server.stored.content).toBe("v3");
  expect(server.requests).toBe(1);
  expect(saver.getState().kind).toBe("saved");
  expect(copies.kept.size).toBe(0);
});

it("is unsaved from the first touch on, and saved again when it came to nothing", async () => {
  saver.touch();
  expect(saver.getState().kind).toBe("unsaved");
  saver.change(saver.current);
  expect(saver.getState().kind).toBe("saved");
  expect(server.requests).toBe(0);
});

it("stays unsaved when the editor is touched while a save is under way", async () => {
  saver.change("v2");
  const flushed = saver.flush();
  saver.touch();
  await flushed;
  expect(saver.getState().kind).toBe("unsaved");
  saver.change("v2");
  expect(saver.getState().kind).toBe("saved");
});

it("saves what changed while a save was under way", async () => {
  saver.change("v2");
  const flushed = saver.flush();
  saver.change("v3");
  await flushed;
  await vi.advanceTimersByTimeAsync(1000);
  expect(server.stored.content).toBe("v3");
  expect(server.stored.revision).toBe(3);
});

it("keeps a copy in the browser while the server is away, and sends it when it is back", async () => {
  server.failure = new ApiError({ status: 0, title: "No connection" });
  saver.change("v2");
  await vi.advanceTimersByTimeAsync(1000);
  expect(saver.getState().kind).toBe("offline");
  expect(copies.find("7")).toMatchObject({ content: "v2", revision: 1 });
  server.failure = undefined;
  await vi.advanceTimersByTimeAsync(6000);
  expect(server.stored.content).toBe("v2");
  expect(saver.getState().kind).toBe("saved");
});

it("stops at a conflict until the person decides, and can put their own over the other's", async () => {
  server.stored = { ...server.stored, content: "bob's", revision: 2 };
  saver.change("mine");
  await vi.advanceTimersByTimeAsync(1000);
  expect(saver.getState().kind).toBe("conflict");
  saver.change("mine, more");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(server.stored.content).toBe("bob's");
  await saver.overwrite();
  expect(server.stored.content).toBe("mine, more");
  expect(saver.getState().kind).toBe("saved");
});

it("takes the other's version when the person wants it", async () => {
  server.stored = { ...server.stored, content: "bob's", revision: 2 };
  saver.change("mine");
  await vi.advanceTimersByTimeAsync(1000);
  expect((await saver.takeTheirs()).content).toBe("bob's");
  expect(saver.current).toBe("bob's");
  expect(copies.kept.size).toBe(0);
});

it("does not try again what the server refuses for good", async () => {
  server.failure = new ApiError({ status: 413, title: "Too large" });
  saver.change("v2");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.requests).toBe(1);
  expect(saver.getState()).toEqual({ kind: "refused", reason: "Too large" });
});

it("renames without sending the content again", async () => {
  saver.rename("Orders");
  await vi.advanceTimersByTimeAsync(1000);
  expect(server.stored.name).toBe("Orders");
  expect(server.stored.content).toBe("v1");
});

/** The tab is closed and the draft is opened again, in the same browser. */
function reopened(): DraftSaver {
  saver.dispose();
  server.silent = false;
  saver = DraftSaver.open({ draft: { ...server.stored }, server, copies });
  return saver;
}

it("knows its own save again when the tab was closed before the answer came", async () => {
  server.silent = true;
  saver.change("v2");
  await saver.flush();
  expect(reopened().getState().kind).toBe("saved");
  expect(copies.kept.size).toBe(0);
  saver.change("v3");
  await saver.flush();
  expect(saver.getState().kind).toBe("saved");
  expect(server.stored).toMatchObject({ content: "v3", revision: 3 });
});

it("goes on from its own save when more was drawn before the tab was closed", async () => {
  server.silent = true;
  saver.change("v2");
  const flushed = saver.flush();
  saver.change("v3");
  await flushed;
  expect(server.stored.content).toBe("v2");
  expect(reopened().current).toBe("v3");
  await vi.advanceTimersByTimeAsync(1000);
  expect(saver.getState().kind).toBe("saved");
  expect(server.stored).toMatchObject({ content: "v3", revision: 3 });
});

it("takes up a save whose answer was lost on the way", async () => {
  server.silent = true;
  saver.change("v2");
  await saver.flush();
  expect(saver.getState().kind).toBe("offline");
  server.silent = false;
  saver.change("v3");
  await vi.advanceTimersByTimeAsync(1000);
  expect(saver.getState().kind).toBe("saved");
  expect(server.stored).toMatchObject({ content: "v3", revision: 3 });
});

it("keeps the name that someone gave meanwhile", async () => {
  server.silent = true;
  saver.change("v2");
  await saver.flush();
  server.stored = { ...server.stored, name: "Orders", revision: 3 };
  server.silent = false;
  saver.change("v3");
  await vi.advanceTimersByTimeAsync(1000);
  expect(server.stored).toMatchObject({ content: "v3", name: "Orders" });
  expect(saver.getState().kind).toBe("saved");
});

it("is a conflict after a closed tab too, when someone else has saved since", async () => {
  server.silent = true;
  saver.change("v2");
  await saver.flush();
  saver.change("v3");
  server.stored = { ...server.stored, content: "bob's", revision: 3 };
  reopened();
  await vi.advanceTimersByTimeAsync(1000);
  expect(saver.getState().kind).toBe("conflict");
  expect(server.stored.content).toBe("bob's");
});
