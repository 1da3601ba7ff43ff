import { ApiError, problemOf } from "./problems";

/** Called when the server says 401: the shell sends the person to the login page. */
let onUnauthorized: () => void = () => undefined;

export function whenUnauthorized(handler: () => void): void {
  onUnauthorized = handler;
}

export interface RequestOptions {
  /** Sent as JSON; a `FormData` or `URLSearchParams` goes as it is. */
  body?: unknown;
  signal?: AbortSignal;
  /** `text` for diagrams, `json` (default) for everything else; an empty answer is `undefined`. */
  expect?: "json" | "text";
  /** The login page asks who is there without being sent to itself. */
  allowUnauthorized?: boolean;
}

/** One request to the server. Throws `ApiError`, with status 0 when the server cannot be reached. */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const { body, signal, expect = "json", allowUnauthorized = false } = options;
  const headers = new Headers({ Accept: expect === "text" ? "text/xml, text/plain, */*" : "application/json" });
  if (method !== "GET") headers.set("X-CSRFToken", cookie("csrftoken") ?? "");
  const raw = body instanceof FormData || body instanceof URLSearchParams;
  if (body !== undefined && !raw) headers.set("Content-Type", "application/json");

  let response: Response;
  try {
    response = await fetch(path, {
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
  if (!response.ok) {
    if (response.status === 401 && !allowUnauthorized) onUnauthorized();
    throw new ApiError(await problemOf(response));
  }
  const text = await response.text();
  if (expect === "text") return text as T;
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

export const api = {
  get: <T>(path: string, options?: RequestOptions) => request<T>("GET", path, options),
  post: <T>(path: string, body?: unknown, options?: RequestOptions) => request<T>("POST", path, { ...options, body }),
  put: <T>(path: string, body?: unknown, options?: RequestOptions) => request<T>("PUT", path, { ...options, body }),
  patch: <T>(path: string, body?: unknown, options?: RequestOptions) => request<T>("PATCH", path, { ...options, body }),
  delete: <T>(path: string, options?: RequestOptions) => request<T>("DELETE", path, options),
};

function cookie(name: string): string | undefined {
  for (const part of document.cookie.split("; ")) {
    if (part.startsWith(`${name}=`)) return decodeURIComponent(part.slice(name.length + 1));
  }
  return undefined;
}
