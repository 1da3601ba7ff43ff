import { ApiError, problemOf } from "./problems";

/** Called when the server says 401: the shell sends the person to the login page. */
let onUnauthorized: () => void = () => undefined;

export function whenUnauthorized(handler: () => void): void {
  onUnauthorized = handler;
}

export interface Parts {
  /** For the names in braces in the address. */
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON; a `FormData` or `URLSearchParams` goes as it is. */
  body?: unknown;
  signal?: AbortSignal;
  /** Reads the answer in place of `JSON.parse`, so that its numbers keep their digits. */
  parse?: (text: string) => unknown;
  accept?: string;
  /** The login page asks who is there without being sent to itself. */
  allowUnauthorized?: boolean;
}

/** `"/v2/user-tasks/{userTaskKey}"` with its names filled in. */
export function filled(path: string, values: Readonly<Record<string, string>> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}

/** One request to the server; its answer, which is a good one. Throws `ApiError`, with status 0 when the server cannot be reached. */
export async function send(method: string, path: string, parts: Parts = {}): Promise<Response> {
  const { body, signal, accept = "application/json", allowUnauthorized = false } = parts;
  const headers = new Headers({ Accept: accept });
  if (method !== "GET") headers.set("X-CSRFToken", cookie("csrftoken") ?? "");
  const raw = body instanceof FormData || body instanceof URLSearchParams;
  if (body !== undefined && !raw) headers.set("Content-Type", "application/json");

  let response: Response;
  try {
    response = await fetch(filled(path, parts.path) + queryText(parts.query), {
      method,
      headers,
      body: raw ? body : body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError({ status: 0, title: "No connection", detail: "The server cannot be reached. Check the network and try again." });
  }
  if (response.ok) return response;
  if (response.status === 401 && !allowUnauthorized) onUnauthorized();
  throw new ApiError(await problemOf(response));
}

/** What the answer says; `undefined` for an empty one. */
export async function jsonOf(response: Response, parse: (text: string) => unknown = JSON.parse): Promise<unknown> {
  const text = await response.text();
  return text === "" ? undefined : parse(text);
}

function queryText(query: Parts["query"] = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.size > 0 ? `?${params}` : "";
}

function cookie(name: string): string | undefined {
  for (const part of document.cookie.split("; ")) {
    if (part.startsWith(`${name}=`)) return decodeURIComponent(part.slice(name.length + 1));
  }
  return undefined;
}
