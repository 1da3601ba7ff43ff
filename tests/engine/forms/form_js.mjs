// form-js fills in forms as a person would. In: an array of {schema, known, given} as JSON, from a file. Out: for each the values and errors.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
const [, , frontend, input, output] = process.argv;
const load = createRequire(frontend + "/package.json");
const { JSDOM } = load("jsdom");
const dom = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: false });
for (const name of ["window", "document", "HTMLElement", "Element", "Node", "DOMParser", "DocumentFragment", "MutationObserver", "Event", "CustomEvent", "KeyboardEvent"])
  globalThis[name] = name === "window" ? dom.window : dom.window[name];
Object.defineProperty(globalThis, "navigator", { value: dom.window.navigator, configurable: true });
dom.window.Element.prototype.scrollIntoView = () => {};
globalThis.getComputedStyle = dom.window.getComputedStyle;
globalThis.DataTransfer = class { items = { add() {} }; files = []; };
globalThis.IntersectionObserver = class { observe() {} disconnect() {} };
globalThis.ResizeObserver = globalThis.IntersectionObserver;
globalThis.requestAnimationFrame = dom.window.requestAnimationFrame = (work) => setTimeout(work, 0);
globalThis.cancelAnimationFrame = dom.window.cancelAnimationFrame = clearTimeout;
const viewer = createRequire(load.resolve("@bpmn-io/form-js-viewer"));
const { options, Component } = viewer("preact");
const { Form, buildExpressionContext } = load("@bpmn-io/form-js-viewer");
// What is drawn and what follows from it happens when settled() asks for it, not some frames later.
const waiting = [];
options.debounceRendering = (work) => waiting.push(work);
options.requestAnimationFrame = (work) => waiting.push(work);
function settled() {
  for (let round = 0; waiting.length; round++) {
    if (round > 10_000) throw new Error("the form never comes to rest");
    waiting.shift()();
  }
}
const MISSING = Symbol("missing");
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const at = (data, path) => path.reduce((found, step) => (found !== null && typeof found === "object" && step in found ? found[step] : MISSING), data);
const KEYED = new Set(["textfield", "textarea", "number", "datetime", "expression", "checkbox", "checklist", "radio", "select", "taglist"]);

class Person {
  constructor(form) {
    this.form = form;
    this.language = form.get("expressionLanguage");
  }
  instance(field, indexes) {
    settled();
    const wanted = JSON.stringify(indexes);
    return this.form.get("formFieldInstanceRegistry").getAll().find((each) => each.id === field.id && JSON.stringify(each.indexes ?? {}) === wanted);
  }
  isLocked(field, instance) {
    if (field.disabled) return true;
    if (!this.language.isExpression(field.readonly)) return !!field.readonly;
    return this.language.evaluateUnaryTest(field.readonly, buildExpressionContext(instance.expressionContextInfo)) === true;
  }
  /** One round from the top to the bottom; says whether anything was typed. */
  fill(fields, given, indexes, typed) {
    let changed = false;
    for (const field of fields) {
      const isKeyed = KEYED.has(field.type);
      const path = (isKeyed ? field.key : field.path ?? "").split(".").filter((step) => step !== "");
      const sent = isObject(given) ? at(given, path) : MISSING;
      const place = field.id + JSON.stringify(indexes);
      if (typed.has(place)) continue;
      const instance = this.instance(field, indexes);
      if (!instance || this.isLocked(field, instance)) continue;
      if (field.type === "dynamiclist" && field.isRepeating) changed = this.rows(field, instance, sent, indexes, typed) || changed;
      else if (field.type === "group") changed = this.fill(field.components ?? [], path.length ? sent : given, indexes, typed) || changed;
      else if (isKeyed && field.type !== "expression" && sent !== MISSING) {
        this.form._update({ field, fieldInstance: instance, value: structuredClone(sent) });
        settled();
        typed.add(place);
        changed = true;
      }
    }
    return changed;
  }
  rows(field, instance, sent, indexes, typed) {
    let changed = false;
    const have = () => at(this.form._getState().data, instance.valuePath);
    const wanted = Array.isArray(sent) ? sent.length : 0;
    for (let index = have().length; index < wanted; index++) {
      const row = this.form._getInitializedFieldData(this.form._getState().data, { container: field, indexes: { ...indexes, [field.id]: index } });
      this.form._update({ field, fieldInstance: instance, value: [...have(), row] });
      settled();
      changed = true;
    }
    for (let index = 0; index < wanted; index++) {
      changed = this.fill(field.components ?? [], sent[index], { ...indexes, [field.id]: index }, typed) || changed;
    }
    return changed;
  }
}

const plain = (value) => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

async function filled({ schema, known, given }) {
  const container = document.createElement("div");
  const form = new Form({ container });
  try {
    await form.importSchema(schema, known);
    settled();
    const person = new Person(form);
    const typed = new Set();
    const components = form._getState().schema.components;
    for (let round = 0; round < 10 && person.fill(components, given, {}, typed); round++);
    settled();
    const { data, errors } = form.submit();
    const registry = form.get("formFieldRegistry");
    const fields = form.get("formFieldInstanceRegistry").getAllKeyed().map((instance) => {
      const field = registry.get(instance.id);
      const found = at(errors, [field.id, ...Object.values(instance.indexes ?? {})]);
      const value = at(form._getState().data, instance.valuePath);
      return {
        path: instance.valuePath, kind: field.type, disabled: !!field.disabled, locked: person.isLocked(field, instance),
        value: plain(value === MISSING ? null : value), errors: found === MISSING ? [] : found,
      };
    });
    return { data: plain(data), fields };
  } catch (error) {
    return { failure: String(error.stack ?? error) };
  } finally {
    form.destroy();
  }
}

const answers = [];
for (const each of JSON.parse(readFileSync(input, "utf-8"))) answers.push(await filled(each));
writeFileSync(output, JSON.stringify(answers));
process.exit(0);
