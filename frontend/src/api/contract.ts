/** What the OpenAPI document says of a request, for the compiler: which addresses there are, what each takes, what it answers. */

import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The addresses that know a method. */
export type PathWith<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];

type Operation<M extends Method, P extends keyof paths> = paths[P][M];

/** The parameters of the path and of the query. */
export type Parameters<M extends Method, P extends keyof paths> =
  Operation<M, P> extends { parameters: infer Given } ? Pick<Given, Extract<keyof Given, "path" | "query">> : never;

/** A file is uploaded as a `FormData`, everything else goes as JSON. */
type Content<C> = C extends { "multipart/form-data": unknown } ? FormData : C extends { "application/json": infer Json } ? Json : never;

export type Body<M extends Method, P extends keyof paths> =
  Operation<M, P> extends { requestBody?: infer Given } ? (NonNullable<Given> extends { content: infer C } ? Content<C> : never) : never;

/** The document calls every body optional, for an empty one counts as `{}`: it may be left out where `{}` would do. */
type BodyPart<B> = [B] extends [never] ? object : object extends B ? { body?: B } : { body: B };

type Request<M extends Method, P extends keyof paths> = Parameters<M, P> &
  BodyPart<Body<M, P>> & { signal?: AbortSignal; parse?: (text: string) => unknown };

/** What follows the address in a call; nothing has to where no part of it is needed. */
export type Given<M extends Method, P extends keyof paths> =
  object extends Request<M, P> ? [request?: Request<M, P>] : [request: Request<M, P>];

type Success = 200 | 201 | 204;
type Json<R> = R extends { content: { "application/json": infer Answer } } ? Answer : R extends { content: object } ? never : undefined;

/** What is read from the answer; `undefined` where it may be empty. An answer that is no JSON is asked for as a text. */
export type Answer<M extends Method, P extends keyof paths> =
  Operation<M, P> extends { responses: infer All } ? { [Status in keyof All & Success]: Json<All[Status]> }[keyof All & Success] : never;

/** What can be searched: the addresses `/v2/<things>/search`. */
export type Things = {
  [P in PathWith<"post">]: P extends `/v2/${infer Name}/search` ? (Name extends `${string}/${string}` ? never : Name) : never;
}[PathWith<"post">];
export type Query<T extends Things> = Body<"post", `/v2/${T}/search`>;
export type Found<T extends Things> = Answer<"post", `/v2/${T}/search`>;
