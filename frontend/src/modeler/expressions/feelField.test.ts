// @vitest-environment jsdom
import { beforeEach, expect, it } from "vitest";
import { current, fieldAround } from "./feelField";

beforeEach(() => {
  document.body.innerHTML = `
    <div class="bio-properties-panel-feel-entry feel-active" id="condition">
      <div class="cm-content" contenteditable="true"><div class="cm-line">amount &gt;</div><div class="cm-line">1000</div></div>
    </div>
    <div class="bio-properties-panel-feel-entry feel-active" id="empty">
      <div class="cm-content"><div class="cm-line"><span class="cm-placeholder">now()</span></div></div>
    </div>
    <div class="bio-properties-panel-feel-entry feel-active" id="area"><textarea>=a + 1</textarea></div>
    <div class="bio-properties-panel-feel-entry" id="text"><input value="plain" /></div>`;
});

const within = (id: string) => fieldAround(document.querySelector(`#${id} .cm-line, #${id} textarea, #${id} input`));

it("reads the expression of the field that holds the focus, line by line", () => {
  expect(within("condition")?.expression).toBe("amount >\n1000");
  expect(within("area")?.expression).toBe("a + 1");
});

it("takes a placeholder for nothing, and finds no expression in plain text or elsewhere", () => {
  expect(within("empty")?.expression).toBe("");
  expect(within("text")).toBeUndefined();
  expect(fieldAround(document.body)).toBeUndefined();
});

it("follows what is typed, until the field becomes plain text or leaves the page", () => {
  const field = within("condition")!;
  field.entry.querySelector(".cm-line")!.textContent = "amount <";
  expect(current(field)?.expression).toBe("amount <\n1000");
  field.entry.classList.remove("feel-active");
  expect(current(field)).toBeUndefined();
  field.entry.classList.add("feel-active");
  field.entry.remove();
  expect(current(field)).toBeUndefined();
});
