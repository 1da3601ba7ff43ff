// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { compile } from "sass";
import { beforeAll, expect, it } from "vitest";

const OURS = /\.(sw-[\w-]+)/g;

function filesOf(ending: RegExp): string[] {
  return readdirSync("src", { recursive: true, encoding: "utf-8" })
    .filter((file) => ending.test(file))
    .map((file) => join("src", file));
}

/** The classes of ours in each selector of a sheet, from left to right. `app/styles.scss` holds Carbon and its own partials alone. */
function selectorsOf(sheet: string): string[][] {
  const { css } = compile(sheet, { loadPaths: ["node_modules"], quietDeps: true, logger: { warn: () => undefined } });
  return [...css.matchAll(/([^{};]+)\{/g)]
    .flatMap(([, prelude]) => prelude!.split(","))
    .map((selector) => [...selector.matchAll(OURS)].map(([, name]) => name!))
    .filter((names) => names.length > 0);
}

/** For each class the sheets that own it: those where a selector begins with it, or, when none does, those that name it. */
function ownersOf(sheets: ReadonlyMap<string, readonly string[][]>): Map<string, Set<string>> {
  const owners = new Map<string, Set<string>>();
  const own = (name: string, sheet: string) => owners.set(name, (owners.get(name) ?? new Set()).add(sheet));
  for (const [sheet, selectors] of sheets) for (const [first] of selectors) own(first!, sheet);
  const begun = new Set(owners.keys());
  for (const [sheet, selectors] of sheets) for (const name of selectors.flat()) if (!begun.has(name)) own(name, sheet);
  return owners;
}

/** The classes that a file of the page uses; one that ends in a hyphen is the beginning of several, as in `sw-status--${status}`. */
function usesOf(file: string): string[] {
  return [...readFileSync(file, "utf-8").matchAll(/(?<![\w-])sw-[\w-]+/g)].map(([name]) => name);
}

function mayUse(file: string, sheet: string): boolean {
  const place = dirname(sheet);
  return place.startsWith("src/shared") || place === "src/app" || dirname(file) === place || file.startsWith(`${place}/`);
}

let owners: Map<string, Set<string>>;

beforeAll(() => {
  const sheets = filesOf(/\.scss$/).filter((sheet) => sheet !== "src/app/styles.scss");
  owners = ownersOf(new Map(sheets.map((sheet) => [sheet, selectorsOf(sheet)])));
}, 60_000);

it("no class is owned by two sheets", () => {
  expect(owners.size).toBeGreaterThan(100);
  expect([...owners].filter(([, sheets]) => sheets.size > 1)).toEqual([]);
});

it("a class that a component uses is in a sheet of its feature, or of what all share", () => {
  const without = filesOf(/(?<!\.d|\.test)\.tsx?$/).flatMap((file) =>
    usesOf(file)
      .filter((used) => {
        const names = used.endsWith("-") ? [...owners.keys()].filter((name) => name.startsWith(used)) : [used];
        return !names.some((name) => [...(owners.get(name) ?? [])].some((sheet) => mayUse(file, sheet)));
      })
      .map((name) => `${name} in ${file}`),
  );
  expect(without).toEqual([]);
});

it("each class of a sheet is used by a component", () => {
  const used = new Set(filesOf(/(?<!\.d|\.test)\.tsx?$/).flatMap(usesOf));
  const beginnings = [...used].filter((name) => name.endsWith("-"));
  const idle = [...owners.keys()].filter((name) => !used.has(name) && !beginnings.some((beginning) => name.startsWith(beginning)));
  expect(idle).toEqual([]);
});
