import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchVersion } from "./live";

let version: string;
let asked: number;
let failing: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  [version, asked, failing] = ["1", 0, false];
  vi.stubGlobal("fetch", async () => {
    asked += 1;
    return failing ? new Response("", { status: 503 }) : new Response(JSON.stringify({ version }));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("calls when the version has moved, and not before", async () => {
  const changed = vi.fn();
  const stop = watchVersion(undefined, changed);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(changed).not.toHaveBeenCalled();
  version = "2";
  await vi.advanceTimersByTimeAsync(1_000);
  expect(changed).toHaveBeenCalledTimes(1);
  stop();
});

it("asks less often while the server does not answer", async () => {
  failing = true;
  const stop = watchVersion(undefined, () => undefined);
  await vi.advanceTimersByTimeAsync(4_900);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toBe(2);
  stop();
});

it("stops asking when it is told to", async () => {
  const stop = watchVersion(undefined, () => undefined);
  await vi.advanceTimersByTimeAsync(0);
  stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toBe(1);
});
