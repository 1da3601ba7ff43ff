// A file with the lists and fields of the panel over it, for tests: changed by the modeler's own commands, without its canvas.

import BpmnFactory from "bpmn-js/lib/features/modeling/BpmnFactory";
import UpdateModdlePropertiesHandler from "bpmn-js/lib/features/modeling/cmd/UpdateModdlePropertiesHandler";
import { BpmnModdle } from "bpmn-moddle";
import CommandStack from "diagram-js/lib/command/CommandStack";
import ElementRegistry from "diagram-js/lib/core/ElementRegistry";
import EventBus from "diagram-js/lib/core/EventBus";
import { Ids } from "ids";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";
import { nameBySchema } from "../schemaNames";
import type { Create, Moddle } from "../standardFields";
import { associationFields } from "./dataAssociations";
import { Edit } from "./edit";
import { creator, type Library } from "./factory";
import type { Field, List } from "./fields";
import { listsOf } from "./lists";
import { operationFields } from "./operations";

interface Written extends Library {
  fromXML(xml: string): Promise<{ rootElement: Moddle; elementsById: Record<string, Moddle>; warnings: unknown[] }>;
  toXML(element: Moddle, options?: object): Promise<{ xml: string }>;
}

const HEAD =
  '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" ' +
  'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="file" targetNamespace="http://acme.example">';

export type OpenedFile = Awaited<ReturnType<typeof openFile>>;

export async function openFile(content: string) {
  const moddle = new BpmnModdle({ zeebe }) as unknown as Written;
  nameBySchema(moddle as unknown as Parameters<typeof nameBySchema>[0]);
  moddle.ids = new Ids([32, 36, 1]) as unknown as Library["ids"];
  const { rootElement, elementsById, warnings } = await moddle.fromXML(`${HEAD}${content}</bpmn:definitions>`);
  if (warnings.length) throw new Error(`Expected a file without faults: ${JSON.stringify(warnings)}`);

  const eventBus = new EventBus();
  const commandStack = new CommandStack(eventBus, undefined as never);
  commandStack.register(
    "element.updateModdleProperties",
    new UpdateModdlePropertiesHandler(new ElementRegistry(eventBus) as never) as never,
  );
  commandStack.register("several", {
    preExecute: (changes: object[]) =>
      changes.forEach((change) => commandStack.execute("element.updateModdleProperties", { element: {}, ...change })),
  } as never);
  const factory = new BpmnFactory(moddle as never);
  const create = creator(factory as unknown as { create: Create }, moddle);

  function write(what: (edit: Edit) => void): void {
    const edit = new Edit(create);
    what(edit);
    commandStack.execute("several", edit.changes as never);
  }

  return {
    element: (id: string) => elementsById[id]!,
    /** The file's parts of a modeler: what copies and moves elements works with these. */
    parts: { eventBus, factory, moddle, definitions: rootElement },
    /** The group of the panel with this title, for the element. */
    list: (id: string, label: string) => inList(write, () => listsOf(elementsById[id]!).find((each) => each.label === label)!),
    labels: (id: string) => listsOf(elementsById[id]!).map((each) => each.label),
    field: (id: string, label: string) =>
      ofField(write, () => fieldCalled([...operationFields("", elementsById[id]!), ...associationFieldsOf(elementsById[id]!)], label)),
    undo: () => commandStack.undo(),
    redo: () => commandStack.redo(),
    xml: async () => (await moddle.toXML(rootElement, { format: false })).xml,
  };
}

const associationFieldsOf = (element: Moddle) => (/DataIn|DataOut/.test(element.$type) ? associationFields(element) : []);

function fieldCalled(fields: readonly (Field | List)[], label: string): Field {
  const found = fields.find((each) => each.label === label);
  if (!found || found.kind === "list")
    throw new Error(`Expected a field called ${label} among ${fields.map((each) => each.label).join(", ")}`);
  return found;
}

type Write = (what: (edit: Edit) => void) => void;

interface ListOfPanel {
  add(): void;
  remove(index: number): void;
  labels(): string[];
  fields(index: number): string[];
  field(index: number, label: string): ReturnType<typeof ofField>;
  stays(index: number): boolean;
  inner(index: number, label: string): ListOfPanel;
}

/** What a person does with a list; each time it is read anew, as the panel does. */
function inList(write: Write, read: () => List): ListOfPanel {
  const fieldsAt = (index: number) => {
    const list = read();
    return list.describe(list.items[index]!, index).fields;
  };
  return {
    add: () => write((edit) => read().add!(edit)),
    remove: (index: number) => write((edit) => read().remove(edit, read().items[index]!)),
    labels: () => read().items.map((item, index) => read().describe(item, index).label),
    fields: (index: number) => fieldsAt(index).map((each) => each.label),
    field: (index: number, label: string) => ofField(write, () => fieldCalled(fieldsAt(index), label)),
    stays: (index: number) => read().describe(read().items[index]!, index).stays === true,
    inner: (index: number, label: string) =>
      inList(write, () => {
        const found = fieldsAt(index).find((each) => each.label === label);
        if (found?.kind !== "list") throw new Error(`Expected a list called ${label}`);
        return found;
      }),
  };
}

function ofField(write: Write, read: () => Field) {
  return {
    get: () => read().get(),
    set: (value: unknown) => write((edit) => read().set(edit, value)),
    /** Chooses by what the person reads. */
    choose: (label: string) => {
      const choice = read().choices!.find((each) => each.label === label);
      if (!choice)
        throw new Error(
          `Expected ${label} among ${read()
            .choices!.map((each) => each.label)
            .join(", ")}`,
        );
      write((edit) => read().set(edit, choice.value));
    },
    choices: () => read().choices!.map((each) => each.label),
  };
}
