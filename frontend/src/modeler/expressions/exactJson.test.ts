import { expect, it } from "vitest";
import { parseExact } from "./exactJson";

const canKeepDigits = "rawJSON" in JSON;

it("reads plain JSON as JSON.parse does", () => {
  expect(parseExact('{"a": [1, 0.5, true, null, "x"]}')).toEqual({ a: [1, 0.5, true, null, "x"] });
  expect(() => parseExact("{")).toThrow(SyntaxError);
});

it.runIf(canKeepDigits)("writes every digit of a number again", () => {
  const text = '{"a":0.3333333333333333333333333333333333,"b":12345678901234567890,"c":1.10}';
  expect(JSON.stringify(parseExact(text))).toBe(text);
});
