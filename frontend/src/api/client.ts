import type { Answer, Found, Given, Method, PathWith, Query, Things } from "./contract";
import { jsonOf, send, type Parts } from "./sending";

/**
 * The requests of one method. Address, parameters, body and answer are those of the OpenAPI document: the compiler refuses
 * every other. Throws `ApiError`.
 */
function door<M extends Method>(method: M) {
  async function ask<P extends PathWith<M>>(path: P, ...given: Given<M, P>): Promise<Answer<M, P>>;
  async function ask(path: string, parts?: Parts): Promise<unknown> {
    return jsonOf(await send(method.toUpperCase(), path, parts), parts?.parse);
  }
  return ask;
}

/** A file, as the text that it is. */
async function getText<P extends PathWith<"get">>(path: P, ...given: Given<"get", P>): Promise<string>;
async function getText(path: string, parts?: Parts): Promise<string> {
  return (await send("GET", path, { ...parts, accept: "text/xml, text/plain, */*" })).text();
}

export const api = {
  get: door("get"),
  post: door("post"),
  put: door("put"),
  patch: door("patch"),
  delete: door("delete"),
  getText,
};

/** `POST /v2/<things>/search`. */
export async function search<T extends Things>(things: T, body: Query<T>, signal?: AbortSignal): Promise<Found<T>>;
export async function search(things: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
  return jsonOf(await send("POST", `/v2/${things}/search`, { body, signal }));
}
