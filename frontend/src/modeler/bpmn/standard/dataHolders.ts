/** Where the data of an element stands: in its ioSpecification, or in the event itself (BPMN 2.0, 10.3.1, 10.4.1). */

import type { Moddle } from "../standardFields";
import { itemsOf } from "./fields";

export type Direction = "input" | "output";

/** The names that the standard gives to the two directions. */
export const WORDS = {
  input: {
    type: "bpmn:DataInput",
    items: "dataInputs",
    sets: "inputSets",
    setType: "bpmn:InputSet",
    refs: "dataInputRefs",
    label: "Data inputs",
  },
  output: {
    type: "bpmn:DataOutput",
    items: "dataOutputs",
    sets: "outputSets",
    setType: "bpmn:OutputSet",
    refs: "dataOutputRefs",
    label: "Data outputs",
  },
} as const;

const SPECIFIED = /^bpmn:(\w*Task|CallActivity|Process)$/;
const CATCHING = /^bpmn:(Start|IntermediateCatch|Boundary)Event$/;
const THROWING = /^bpmn:(End|IntermediateThrow)Event$/;
/** bpmn-js draws an arrow into an activity as one to a property of this name, as the schema wants a target. */
export const PLACEHOLDER = "__targetRef_placeholder";

export const isPlaceholder = (item: Moddle | undefined) => item?.$type === "bpmn:Property" && item.get("name") === PLACEHOLDER;

/** Whether the element's inputs and outputs stand in an ioSpecification; those of an event stand in the event itself. */
export const isSpecified = (element: Moddle) => SPECIFIED.test(element.$type);
export const isEvent = (element: Moddle) => CATCHING.test(element.$type) || THROWING.test(element.$type);

/** What holds the data of one direction; undefined where there is nothing yet, null where there cannot be any. */
export function holderOf(element: Moddle, direction: Direction): Moddle | undefined | null {
  if (isSpecified(element)) return element.get("ioSpecification") as Moddle | undefined;
  return (direction === "output" ? CATCHING : THROWING).test(element.$type) ? element : null;
}

export function dataOf(element: Moddle, direction: Direction): Moddle[] {
  return itemsOf(holderOf(element, direction) ?? undefined, WORDS[direction].items);
}
