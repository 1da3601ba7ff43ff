// @vitest-environment node
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, it } from "vitest";

const ENDINGS = ["", ".ts", ".tsx", "/index.ts", "/index.tsx"];

/** The file that `name` means in `file`; undefined for a package and for a style. */
function resolved(file: string, name: string): string | undefined {
  if (!/^(\.|@\/)/.test(name) || /\.s?css$/.test(name)) return undefined;
  const path = name.startsWith("@/") ? join("src", name.slice(2)) : normalize(join(dirname(file), name));
  const ending = ENDINGS.find((each) => /\.tsx?$/.test(path + each) && existsSync(path + each));
  if (ending === undefined) throw new Error(`${file} imports ${name}, which is not there`);
  return path + ending;
}

/** What a file imports, at once or later, also for its types alone. */
function importsOf(file: string): string[] {
  const source = readFileSync(file, "utf-8");
  const names = [...source.matchAll(/(?:\bfrom|^import|\bimport\()\s*"([^"]+)"/gm)].map((match) => match[1]!);
  return names.flatMap((name) => resolved(file, name) ?? []);
}

/** A way from a file back to itself, if there is one. */
function findCycle(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  function follow(file: string, way: readonly string[]): string[] | undefined {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of imports.get(file) ?? []) {
      const cycle = follow(next, [...way, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  }
  for (const file of imports.keys()) {
    const cycle = follow(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

it("finds a cycle where there is one", () => {
  const imports = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["b"]],
  ]);
  expect(findCycle(imports)).toEqual(["b", "c", "b"]);
});

it("no file imports itself by way of others", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf-8" })
    .filter((file) => /(?<!\.d)\.tsx?$/.test(file))
    .map((file) => join("src", file));
  expect(files.length).toBeGreaterThan(200);
  expect(findCycle(new Map(files.map((file) => [file, importsOf(file)])))).toBeUndefined();
});
