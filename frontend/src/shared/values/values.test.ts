import { describe, expect, it } from "vitest";
import { editableText, mistakeInName, parseJson, parseValue, typeOfJson } from "./values";

describe("typeOfJson", () => {
  it.each([
    ['"a"', "text"],
    ["-1.5", "number"],
    ["false", "boolean"],
    ["null", "null"],
    [" [1]", "json"],
    ["{}", "json"],
  ])("says of %s that it is %s", (json, type) => {
    expect(typeOfJson(json)).toBe(type);
  });
});

describe("parseValue", () => {
  it("takes a text as it is, also one that looks like a number", () => {
    expect(parseValue("text", "12")).toEqual({ value: "12" });
  });

  it.each(["", "1,5", "0x10", "012", "NaN", "1e"])("refuses %j as a number", (text) => {
    expect(parseValue("number", text)).toHaveProperty("mistake");
  });

  it("says what is wrong with JSON", () => {
    expect(parseValue("json", '{"a": }')).toEqual({ mistake: expect.stringContaining("not JSON") });
  });

  it("refuses a boolean that nobody chose", () => {
    expect(parseValue("boolean", "")).toHaveProperty("mistake");
  });
});

describe("parseJson", () => {
  const exact = "rawJSON" in JSON;

  it.runIf(exact).each(["12345678901234567890", "0.10", '{"price":1.50,"ids":[9007199254740993]}'])("keeps the digits of %s", (json) => {
    expect(JSON.stringify(parseJson(json))).toBe(json);
  });
});

describe("editableText", () => {
  it("shows a text without its quotes and escapes", () => {
    expect(editableText('"say \\"hi\\""')).toBe('say "hi"');
  });

  it("breaks objects into lines", () => {
    expect(editableText('{"a":1}')).toBe('{\n  "a": 1\n}');
  });

  it("gives back what parseValue reads, for every type", () => {
    for (const json of ['"x"', "3", "true", "null", '{"a":[1,null]}']) {
      expect(parseValue(typeOfJson(json), editableText(json))).toEqual({ value: JSON.parse(json) });
    }
  });
});

describe("mistakeInName", () => {
  it("refuses an empty name and one that is taken", () => {
    expect(mistakeInName(" ", [])).toBeDefined();
    expect(mistakeInName("a ", ["a"])).toBeDefined();
    expect(mistakeInName("b", ["a"])).toBeUndefined();
  });
});
