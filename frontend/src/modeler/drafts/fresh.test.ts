import { expect, it } from "vitest";
import { freshContent, idFrom, kindOfFile, nameOfFile } from "./fresh";

it.each([
  ["Order fulfilment", "order-fulfilment"],
  ["Überprüfung (neu)", "uberprufung-neu"],
  ["4 eyes", "process-4-eyes"],
  ["注文", "process"],
])("makes of the name %s the id %s", (name, id) => {
  expect(idFrom(name, "process")).toBe(id);
});

it("begins a diagram that is well formed, executable and says its platform", () => {
  const xml = new DOMParser().parseFromString(freshContent("BPMN", 'Tom & "Jerry" <1>'), "text/xml");
  expect(xml.querySelector("parsererror")).toBeNull();
  const process = xml.getElementsByTagName("bpmn:process")[0]!;
  expect(process.getAttribute("isExecutable")).toBe("true");
  expect(process.getAttribute("name")).toBe('Tom & "Jerry" <1>');
  expect(process.getElementsByTagName("bpmn:startEvent")).toHaveLength(1);
  expect(xml.documentElement.getAttribute("modeler:executionPlatform")).toBe("Camunda Cloud");
});

it("begins a decision that is well formed, and a form that has an id", () => {
  expect(new DOMParser().parseFromString(freshContent("DMN", "A & B"), "text/xml").querySelector("parsererror")).toBeNull();
  expect(JSON.parse(freshContent("FORM", "Approve order")).id).toBe("approve-order");
});

it("tells a file's kind by its ending, else by what is in it", () => {
  expect(kindOfFile("a.bpmn", "")).toBe("BPMN");
  expect(kindOfFile("a.form.json", "")).toBe("FORM");
  expect(kindOfFile("a.xml", '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>')).toBe("BPMN");
  expect(kindOfFile("a.json", '{"components": []}')).toBe("FORM");
  expect(kindOfFile("a.json", "[1]")).toBeUndefined();
  expect(kindOfFile("a.txt", "hello")).toBeUndefined();
});

it("names an import after its process, else after its file", () => {
  expect(nameOfFile("x.bpmn", '<bpmn:process id="p" name="Tea &amp; cake">', "BPMN")).toBe("Tea & cake");
  expect(nameOfFile("order_v2.bpmn", '<bpmn:process id="p">', "BPMN")).toBe("order_v2");
  expect(nameOfFile("approve.form", "{}", "FORM")).toBe("approve");
});
