import { expect, it } from "vitest";
import { ApiError, problemOf, reasonOf } from "./problems";

function answer(status: number, body: string): Response {
  return new Response(body, { status, headers: { "Content-Type": "application/problem+json" } });
}

it("reads problem details with the problems of a deployment", async () => {
  const problem = await problemOf(
    answer(
      400,
      JSON.stringify({ title: "Refused", detail: "Two errors", status: 400, problems: [{ code: "x", severity: "error", message: "No" }] }),
    ),
  );
  expect(problem).toMatchObject({ status: 400, title: "Refused", detail: "Two errors", problems: [{ code: "x" }] });
});

it("gives a title of its own to an answer that is no problem details", async () => {
  expect(await problemOf(answer(502, "<html>Bad gateway</html>"))).toEqual({ status: 502, title: "The server is not answering" });
  expect(await problemOf(answer(418, "[1]"))).toMatchObject({ status: 418, title: "Error 418" });
  expect(await problemOf(answer(404, '"gone"'))).toEqual({ status: 404, title: "Not found" });
});

it("trusts the status of the answer rather than the one in its body", async () => {
  expect((await problemOf(answer(409, JSON.stringify({ status: 200, title: "" })))).status).toBe(409);
});

it("finds words for whatever was thrown", () => {
  expect(reasonOf(new ApiError({ status: 403, title: "Forbidden", detail: "Ask bob" }))).toBe("Ask bob");
  expect(reasonOf(new ApiError({ status: 403, title: "Forbidden" }))).toBe("Forbidden");
  expect(reasonOf(new Error("boom"))).toBe("boom");
  expect(reasonOf("text")).toBe("text");
});
