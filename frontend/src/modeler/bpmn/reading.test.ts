import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newLibrary } from "@/shared/bpmn/schema";
import { read } from "./reading";

const file = (content: string) =>
  `<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:acme="http://acme.example" xmlns:tns="http://acme" id="file" targetNamespace="http://acme">
${content}
</b:definitions>`;

const lossesOf = async (content: string) =>
  (await read(file(content))).losses.map(({ element, line, what }) => `${line} ${element}: ${what}`);

describe("A file that the editor cannot keep whole", () => {
  it.each([
    [
      "a duplicate id",
      '<b:process id="p"><b:task id="twice" name="one"/>\n<b:task id="twice" name="two"/></b:process>',
      ["4 task “twice”: it is not read, with everything in it: another element has the id “twice” too"],
    ],
    [
      "a reference to what is not there",
      '<b:process id="p"><b:receiveTask id="r"\n messageRef="gone"/></b:process>',
      ["3 receiveTask “r”: its messageRef “gone” is not read: nothing in this file has the id “gone”"],
    ],
    [
      "a reference into another file",
      '<b:process id="p"><b:receiveTask id="r" messageRef="acme:m"/></b:process>',
      ["3 receiveTask “r”: its messageRef “acme:m” is not read: nothing in this file has the id “acme:m”"],
    ],
    [
      "an id that is no name for the reader",
      '<b:process id="p"><b:task id="Prüfung"/></b:process>',
      ["3 task “Prüfung”: it is not read, with everything in it: its id is none that the editor can read"],
    ],
    [
      "an extension where the schema allows none",
      '<b:process id="p"><acme:note>hello</acme:note></b:process>',
      ["3 note: it is not read, with everything in it: the editor does not know it here"],
    ],
    [
      "two of what can be one",
      '<b:process id="p"><b:task id="t"><b:multiInstanceLoopCharacteristics/>\n<b:standardLoopCharacteristics/></b:task></b:process>',
      ["3 multiInstanceLoopCharacteristics: it is not read, with everything in it"],
    ],
    [
      "words between elements",
      '<b:process id="p"><b:documentation>All <acme:b>of</acme:b> it</b:documentation></b:process>',
      [expect.stringContaining("3 b: it is not read")],
    ],
  ])("says what, where and why: %s", async (_name, content, expected) => {
    expect(await lossesOf(content)).toEqual(expected);
  });

  it("is refused as a whole when it is not well-formed", async () => {
    await expect(read("<b:definitions>")).rejects.toThrow("The file is not well-formed XML");
  });
});

describe("A file that the editor keeps whole", () => {
  it.each([
    [
      "defaults that are written out",
      '<b:process id="p" isClosed="false"><b:exclusiveGateway id="g" gatewayDirection="Unspecified"/></b:process>',
    ],
    [
      "numbers and truths in other spellings",
      '<b:process id="p" isExecutable="1"><b:task id="t" startQuantity="01" isForCompensation="0"/></b:process>',
    ],
    ["references with a prefix", '<b:message id="m"/><b:process id="p"><b:receiveTask id="r" messageRef="tns:m"/></b:process>'],
    [
      "types of expressions by any prefix",
      '<b:process id="p"><b:sequenceFlow id="f"><b:conditionExpression xsi:type="b:tFormalExpression" language="x">a &lt; b</b:conditionExpression></b:sequenceFlow></b:process>',
    ],
    [
      "blanks between references",
      '<b:process id="p"><b:task id="t"><b:incoming>\n f\n</b:incoming></b:task><b:sequenceFlow id="f" targetRef="t"/></b:process>',
    ],
  ])("opens without a word: %s", async (_name, content) => {
    expect(await read(file(content))).toMatchObject({ losses: [], notes: [] });
  });

  it("says that comments are not kept", async () => {
    const { losses, notes } = await read(file('<b:process id="p"><!-- why --></b:process>'));
    expect(losses).toEqual([]);
    expect(notes).toEqual(["A comment in the source is not kept when you change the diagram."]);
  });
});

const BESIDE = new URL("../../../../../shared/conformance/miwg", import.meta.url).pathname;
const SUITE = process.env.STEPWELL_MIWG ?? BESIDE;

/** A clone of bpmn-miwg/bpmn-miwg-test-suite holds what each tool wrote of the reference diagrams, a folder a tool. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf-8" })
    .filter((name) => name.toLowerCase().endsWith(".bpmn"))
    .map((name) => join(folder, name));
}

describe.skipIf(!existsSync(SUITE))("Every file of the interchange suite", () => {
  // A clone holds hundreds: one in ten is read unless all are asked for.
  const all = existsSync(SUITE) ? filesOf(SUITE) : [];
  const chosen = process.env.STEPWELL_MIWG_ALL || all.length < 50 ? all : all.filter((_file, index) => index % 10 === 0);

  it.each(chosen)("is kept whole, or it is said what is not: %s", async (path) => {
    const { content, kept, losses } = await read(readFileSync(path, "utf-8"));
    const [before, after] = [await modelOf(content), await modelOf(kept)];
    if (losses.length > 0) return; // The page lists them and asks.
    expect(before.warnings).toEqual([]);
    expect(after).toEqual(before);
  });
});

interface Part {
  $type: string;
  $descriptor?: { properties: { name: string; isReference?: boolean; isVirtual?: boolean; default?: unknown }[] };
  $attrs?: object;
  $body?: string;
  $children?: Part[];
  id?: string;
  [name: string]: unknown;
}

/** All that the reader reads: types, elements, attributes, texts, extensions, and references as the ids of what they name. */
async function modelOf(xml: string) {
  const { rootElement, warnings } = await newLibrary().fromXML(xml);
  const plain = (value: unknown, isReference: boolean): unknown => {
    if (Array.isArray(value)) return value.map((each) => plain(each, isReference));
    if (typeof value !== "object" || value === null) return value;
    const part = value as Part;
    if (isReference) return part.id;
    const properties = (part.$descriptor?.properties ?? []).filter(
      (each) => !each.isVirtual && Object.hasOwn(part, each.name) && part[each.name] !== each.default,
    );
    return {
      type: part.$type,
      attributes: Object.fromEntries(Object.entries(part.$attrs ?? {}).filter(([name]) => !/^:?xmlns|^xsi:type$/.test(name))),
      body: part.$body?.trim(),
      children: part.$children?.map((each) => plain(each, false)),
      properties: Object.fromEntries(properties.map(({ name, isReference: named = false }) => [name, plain(part[name], named)])),
    };
  };
  const serious = warnings.map(({ message }) => message).filter((message) => !/document encoding|unknown attribute/.test(message));
  return { model: plain(rootElement, false), warnings: serious };
}
