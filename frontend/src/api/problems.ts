import type { Schemas } from "./contract";

/** A finding of the server's parser about one resource of a deployment. */
export type DeploymentProblem = Schemas["ProblemResult"];

/**
 * RFC 9457 problem details, as the server sends them; a proxy may leave parts out. `status` 0 means that no answer came. `errors`
 * says what is wrong with the values of a form, by the keys of its fields.
 */
export type ProblemDetails = Pick<Schemas["ProblemDetail"], "status" | "title"> & Partial<Schemas["ProblemDetail"]>;

export class ApiError extends Error {
  readonly problem: ProblemDetails;

  constructor(problem: ProblemDetails) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

const TITLES: Record<number, string> = {
  400: "The request was refused",
  401: "You are not signed in",
  403: "You are not allowed to do this",
  404: "Not found",
  409: "It has changed in the meantime",
  413: "The file is too large",
  429: "Too many requests",
  500: "The server has failed",
  502: "The server is not answering",
  503: "The server is not ready",
  504: "The server took too long",
};

/** The problem of an answer that is not ok, also when a proxy answered with something that is not problem details. */
export async function problemOf(response: Response): Promise<ProblemDetails> {
  const fallback: ProblemDetails = { status: response.status, title: TITLES[response.status] ?? `Error ${response.status}` };
  try {
    const body: unknown = await response.json();
    if (typeof body !== "object" || body === null) return fallback;
    const given = body as Partial<ProblemDetails>;
    return {
      ...fallback,
      ...given,
      status: response.status,
      title: typeof given.title === "string" && given.title ? given.title : fallback.title,
      problems: Array.isArray(given.problems) ? given.problems : undefined,
    };
  } catch {
    return fallback;
  }
}

/** A sentence for a person, whatever was thrown. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApiError) return error.problem.detail || error.problem.title;
  return error instanceof Error ? error.message : String(error);
}
