import type EventBus from "diagram-js/lib/core/EventBus";
import { type Create, listOf, type Moddle, within } from "../standardFields";
import { isSpecified } from "./dataHolders";
import { isDrawn } from "./dataAssociations";
import { creator, type Library } from "./factory";
import { bodyOf, itemsOf } from "./fields";
import { definitionsOf } from "./tree";

/** To what stands among the root elements, and is there for the copy as well, unless that is pasted into another file. */
const KEPT = new Set([
  "eventDefinitionRef",
  "itemSubjectRef",
  "noneBehaviorEventRef",
  "oneBehaviorEventRef",
  "operationRef",
  "parameterRef",
  "resourceRef",
]);
const DATA = new Set(["dataInputs", "dataOutputs", "properties"]);
const ASSOCIATIONS = new Set(["dataInputAssociations", "dataOutputAssociations"]);
const SETS = new Set(["inputSet", "outputSet"]);
const REFERENCES_OF_SETS = [
  ...["dataInputRefs", "optionalInputRefs", "whileExecutingInputRefs", "outputSetRefs"],
  ...["dataOutputRefs", "optionalOutputRefs", "whileExecutingOutputRefs", "inputSetRefs"],
];

interface Copying {
  parent: Moddle;
  property: unknown;
  propertyName: string;
}
interface Diagram {
  getDefinitions(): Moddle | undefined;
}
type Settable = Moddle & { set(name: string, value: unknown): void };

/** What each element that is a copy has in the place of the data of the other. */
const copies = new WeakMap<Moddle, Map<Moddle, Moddle>>();

export function copyIn(element: Moddle, original: Moddle): Moddle | undefined {
  return copies.get(element)?.get(original);
}

/**
 * Keeps what the standard's lists hold when an element is copied or becomes one of another type: bpmn-js copies no references, and
 * takes all associations for arrows, which are drawn anew.
 */
export class Copies {
  static $inject = ["eventBus", "bpmnFactory", "moddle", "bpmnjs"];
  private readonly create: Create;
  private readonly diagram: Diagram;

  constructor(eventBus: EventBus, bpmnFactory: { create: Create }, moddle: Library, bpmnjs: Diagram) {
    this.create = creator(bpmnFactory, moddle);
    this.diagram = bpmnjs;
    // Before the modeler's own rules.
    eventBus.on("moddleCopy.canCopyProperty", 1500, ({ parent, property, propertyName }: Copying) =>
      this.copy(parent, property, propertyName),
    );
  }

  /** The copy; false for none; undefined where it is left to others. */
  private copy(parent: Moddle, property: unknown, name: string): unknown {
    if (!property || !has(parent, name)) return undefined;
    const list = listOf<Moddle>(property);
    if (KEPT.has(name))
      return Array.isArray(property) ? list.filter((each) => this.isHere(each)) : this.isHere(property as Moddle) ? property : false;
    if (name === "ioSpecification") return isSpecified(parent) ? this.specification(parent, property as Moddle) : false;
    if (SETS.has(name)) return this.set(parent, parent, property as Moddle);
    if (DATA.has(name)) return list.map((each) => this.data(parent, parent, each));
    if (ASSOCIATIONS.has(name)) return list.filter((each) => !isDrawn(each)).map((each) => this.association(parent, each));
    return undefined;
  }

  private isHere(element: Moddle): boolean {
    return definitionsOf(element) === this.diagram.getDefinitions();
  }

  private specification(element: Moddle, original: Moddle): Moddle {
    const made = within(element, this.create("bpmn:InputOutputSpecification", {})) as Settable;
    for (const name of ["dataInputs", "dataOutputs"])
      made.set(
        name,
        itemsOf(original, name).map((each) => this.data(element, made, each)),
      );
    const sets = ["inputSets", "outputSets"].flatMap((name) => {
      const copied = itemsOf(original, name).map((each) => this.made(element, made, each, ["name"]));
      made.set(name, copied);
      return itemsOf(original, name);
    });
    // Once all are there, as they name each other.
    for (const set of sets) refer(element, set);
    return made;
  }

  private set(element: Moddle, parent: Moddle, original: Moddle): Moddle {
    const made = this.made(element, parent, original, ["name"]);
    refer(element, original);
    return made;
  }

  private data(element: Moddle, parent: Moddle, original: Moddle): Moddle {
    const made = this.made(element, parent, original, ["name", "isCollection"]);
    const item = original.get("itemSubjectRef") as Moddle | undefined;
    if (item && this.isHere(item)) made.set("itemSubjectRef", item);
    return made;
  }

  private association(element: Moddle, original: Moddle): Moddle {
    const made = this.made(element, element, original, []);
    const end = (each: Moddle) => copyIn(element, each) ?? (this.isHere(each) ? each : undefined);
    const target = original.get("targetRef") as Moddle | undefined;
    made.set("sourceRef", itemsOf(original, "sourceRef").map(end).filter(Boolean));
    made.set("targetRef", target && end(target));
    this.express(made, original, "transformation");
    made.set(
      "assignment",
      itemsOf(original, "assignment").map((each) => {
        const assignment = within(made, this.create("bpmn:Assignment", {}));
        for (const name of ["from", "to"]) this.express(assignment as Settable, each, name);
        return assignment;
      }),
    );
    return made;
  }

  private express(holder: Settable, original: Moddle, name: string): void {
    const body = bodyOf(original, name);
    if (body) holder.set(name, within(holder, this.create("bpmn:FormalExpression", { body })));
  }

  private made(element: Moddle, parent: Moddle, original: Moddle, names: readonly string[]): Settable {
    const made = within(parent, this.create(original.$type, {})) as Settable;
    for (const name of names) if (has(original, name) && original.get(name)) made.set(name, original.get(name));
    const known = copies.get(element) ?? new Map<Moddle, Moddle>();
    copies.set(element, known.set(original, made));
    return made;
  }
}

/** The copy of a set refers to the copies of what its original refers to. */
function refer(element: Moddle, original: Moddle): void {
  const made = copyIn(element, original) as Settable;
  for (const name of REFERENCES_OF_SETS.filter((each) => has(original, each))) {
    const referred = itemsOf(original, name).map((each) => copyIn(element, each));
    if (referred.length) made.set(name, referred.filter(Boolean));
  }
}

function has(element: Moddle, name: string): boolean {
  const descriptor = (element as { $descriptor?: { propertiesByName: Record<string, unknown> } }).$descriptor;
  return descriptor !== undefined && name in descriptor.propertiesByName;
}
