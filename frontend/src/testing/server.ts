import { afterEach, beforeEach, vi } from "vitest";

export interface Asked {
  method: string;
  /** With its query. */
  address: string;
  body: unknown;
}

type Answer = (asked: Asked) => Response | Promise<Response>;

/** Stands in for the server, at the one door that requests go through. */
export interface FakeServer {
  /** What was asked, in order. */
  asked: Asked[];
  /** What changes something: everything but reads and searches. */
  changes: () => Asked[];
  /** Answers a request such as `"PUT /v2/user-tasks/7/draft"`, from now on. */
  on: (request: string, answer: Answer | object | null) => void;
}

/** A server for each test of a file. What it has no answer for is not found. */
export function fakeServer(): FakeServer {
  const answers = new Map<string, Answer>();
  const server: FakeServer = {
    asked: [],
    changes: () => server.asked.filter(({ method, address }) => method !== "GET" && !/\/search(\?|$)/.test(address)),
    on: (request, answer) => answers.set(request, typeof answer === "function" ? (answer as Answer) : () => answerWith(answer)),
  };
  const real = globalThis.fetch;
  beforeEach(() => {
    answers.clear();
    server.asked.length = 0;
    vi.stubGlobal("fetch", async (address: string, { method = "GET", body }: RequestInit) => {
      const asked = { method, address, body: typeof body === "string" ? (JSON.parse(body) as unknown) : undefined };
      server.asked.push(asked);
      const answer = answers.get(`${method} ${address.split("?")[0]}`);
      return answer ? answer(asked) : refusal(404, { title: "Not found" });
    });
  });
  afterEach(() => vi.stubGlobal("fetch", real));
  return server;
}

function answerWith(value: object | null): Response {
  return value === null ? new Response(null, { status: 204 }) : Response.json(value);
}

/** Problem details, as the server sends them. */
export function refusal(status: number, problem: object): Response {
  return Response.json({ type: "about:blank", instance: "/", status, ...problem }, { status });
}

export function found(items: readonly object[]): object {
  return { items, page: { totalItems: items.length, hasMoreTotalItems: false, startCursor: null, endCursor: null } };
}
