import { afterEach, beforeEach, expect, expectTypeOf, it, vi } from "vitest";
import { api, search } from "./client";
import type { Schemas } from "./contract";
import { ApiError } from "./problems";
import { send, whenUnauthorized } from "./sending";

const asked: { address: string; init: RequestInit }[] = [];
let answer: () => Response;

beforeEach(() => {
  asked.length = 0;
  answer = () => Response.json({});
  document.cookie = "csrftoken=a%20token";
  vi.stubGlobal("fetch", async (address: string, init: RequestInit) => {
    asked.push({ address, init });
    return answer();
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  whenUnauthorized(() => undefined);
});

const headers = () => new Headers(asked[0]!.init.headers);

it("address and query are filled in, with what has a meaning there escaped", async () => {
  await api.get("/v2/process-instances/{processInstanceKey}/journal", {
    path: { processInstanceKey: "a/b" },
    query: { after: 3, limit: undefined },
  });
  expect(asked[0]!.address).toBe("/v2/process-instances/a%2Fb/journal?after=3");
  expect(headers().get("X-CSRFToken")).toBeNull();
});

it("what changes something carries the CSRF token, and its body as JSON", async () => {
  await api.post("/v2/drafts", { body: { name: "One", kind: "BPMN", content: "<x/>" } });
  expect(headers().get("X-CSRFToken")).toBe("a token");
  expect(headers().get("Content-Type")).toBe("application/json");
  expect(asked[0]!.init.body).toBe('{"name":"One","kind":"BPMN","content":"<x/>"}');
});

it("files go as they are", async () => {
  const body = new FormData();
  await api.post("/v2/deployments", { body });
  expect(asked[0]!.init.body).toBe(body);
  expect(headers().get("Content-Type")).toBeNull();
});

it("an empty answer is undefined, and a file is a text", async () => {
  answer = () => new Response(null, { status: 204 });
  expect(await api.get("/v2/user-tasks/{userTaskKey}/form", { path: { userTaskKey: "1" } })).toBeUndefined();
  answer = () => new Response("<definitions/>");
  expect(await api.getText("/v2/process-definitions/{processDefinitionKey}/xml", { path: { processDefinitionKey: "1" } })).toBe(
    "<definitions/>",
  );
});

it("a refusal is an ApiError with the server's problem", async () => {
  answer = () => Response.json({ title: "Refused", status: 409, detail: "Someone else has it." }, { status: 409 });
  await expect(api.post("/v2/incidents/{incidentKey}/resolution", { path: { incidentKey: "1" } })).rejects.toMatchObject({
    problem: { status: 409, detail: "Someone else has it." },
  });
});

it("no connection is an ApiError with status 0, and an abort is what it was", async () => {
  vi.stubGlobal("fetch", async (_address: string, { signal }: RequestInit) => {
    throw signal?.aborted ? new DOMException("gone", "AbortError") : new TypeError("Failed to fetch");
  });
  await expect(api.get("/v2/job-types")).rejects.toMatchObject({ status: 0 });
  const abort = new AbortController();
  abort.abort();
  await expect(api.get("/v2/job-types", { signal: abort.signal })).rejects.toMatchObject({ name: "AbortError" });
});

it("who is not signed in is sent to the login page, but not by the login page itself", async () => {
  const sent = vi.fn();
  whenUnauthorized(sent);
  answer = () => new Response(null, { status: 401 });
  await expect(send("GET", "/v2/authentication/me", { allowUnauthorized: true })).rejects.toBeInstanceOf(ApiError);
  expect(sent).not.toHaveBeenCalled();
  await expect(api.get("/v2/authentication/me")).rejects.toBeInstanceOf(ApiError);
  expect(sent).toHaveBeenCalledOnce();
});

it("the compiler knows the document: `tsc` fails where one of these is not refused", () => {
  const check = () => {
    // @ts-expect-error there is no such address
    void api.get("/v2/nonsense");
    // @ts-expect-error the address has no such method
    void api.post("/v2/job-types");
    // @ts-expect-error a parameter is missing
    void api.get("/v2/drafts/{draftKey}");
    // @ts-expect-error a body is missing
    void api.post("/v2/drafts");
    // @ts-expect-error the body has no such property
    void api.post("/v2/drafts", { body: { name: "One", kind: "BPMN", content: "", colour: "red" } });
    // @ts-expect-error nothing is filtered by that
    void search("incidents", { filter: { colour: "red" } });
    // @ts-expect-error nothing is sorted by that
    void search("incidents", { sort: [{ field: "colour" }] });
    // @ts-expect-error there are no such things
    void search("nonsense", {});
    expectTypeOf(api.get("/v2/user-tasks/{userTaskKey}/form", { path: { userTaskKey: "1" } })).resolves.toEqualTypeOf<
      Schemas["FormResult"] | undefined
    >();
    expectTypeOf(search("drafts", {})).resolves.toEqualTypeOf<Schemas["DraftSearchResult"]>();
  };
  expect(check).toBeTypeOf("function");
});
