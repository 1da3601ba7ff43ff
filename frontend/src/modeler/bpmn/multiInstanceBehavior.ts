/** Which events a multi-instance activity throws when its instances complete (BPMN 2.0, table 10.29): what the file says, and what has to change. */

import { definitionsOf, idOf } from "./standard/tree";
import { type Change, type Create, listOf, type Moddle, within } from "./standardFields";

export type Behavior = "All" | "One" | "None" | "Complex";

export const BEHAVIORS: readonly { value: Behavior; label: string }[] = [
  { value: "All", label: "nothing (All)" },
  { value: "One", label: "an event at the first (One)" },
  { value: "None", label: "an event at each (None)" },
  { value: "Complex", label: "events by conditions (Complex)" },
];

/** What can be thrown: an element of the file, and the definition that refers to it. */
const KINDS = [
  { type: "bpmn:Signal", label: "Signal", definition: "bpmn:SignalEventDefinition", reference: "signalRef" },
  { type: "bpmn:Escalation", label: "Escalation", definition: "bpmn:EscalationEventDefinition", reference: "escalationRef" },
  { type: "bpmn:Error", label: "Error", definition: "bpmn:ErrorEventDefinition", reference: "errorRef" },
] as const;

/** The reference that the behaviour needs; the others let it be. */
const REFERENCES: Partial<Record<Behavior, string>> = { One: "oneBehaviorEventRef", None: "noneBehaviorEventRef" };

export function behaviorOf(loop: Moddle): Behavior {
  const said = loop.get("behavior");
  return BEHAVIORS.find(({ value }) => value === said)?.value ?? "All";
}

/** The event chosen for "One" goes on to "None" and back; what the new behaviour has no use for goes out of the file. */
export function behaviorChange(loop: Moddle, behavior: Behavior): Change {
  const event = eventDefinitionOf(loop) ?? loop.get("oneBehaviorEventRef") ?? loop.get("noneBehaviorEventRef");
  return {
    moddleElement: loop,
    properties: {
      behavior: behavior === "All" ? undefined : behavior,
      oneBehaviorEventRef: behavior === "One" ? event : undefined,
      noneBehaviorEventRef: behavior === "None" ? event : undefined,
      complexBehaviorDefinition: behavior === "Complex" ? complexBehaviorsOf(loop) : [],
    },
  };
}

/** The definition, among the root elements, of the event that "One" or "None" throws. */
export function eventDefinitionOf(loop: Moddle): Moddle | undefined {
  const reference = REFERENCES[behaviorOf(loop)];
  return reference ? (loop.get(reference) as Moddle | undefined) : undefined;
}

/** The event that the definition throws, by the id of the signal, escalation or error; of any other kind, the definition's own id. */
export function thrownBy(definition: Moddle | undefined): string {
  if (!definition) return "";
  const kind = KINDS.find((each) => each.definition === definition.$type);
  if (!kind) return String(definition.get("id") ?? definition.$type);
  return String((definition.get(kind.reference) as Moddle | undefined)?.get("id") ?? "");
}

/** What may be chosen: the signals, escalations and errors of the file, and the present event where it is of another kind. */
export function eventChoices(loop: Moddle, present: Moddle | undefined): { value: string; label: string }[] {
  const roots = listOf<Moddle>(definitionsOf(loop)?.get("rootElements"));
  const choices = KINDS.flatMap((kind) =>
    roots
      .filter((root) => root.$type === kind.type)
      .map((root) => ({ value: idOf(root), label: `${kind.label} ${String(root.get("name") || root.get("id"))}` })),
  );
  const value = thrownBy(present);
  const other =
    value && !choices.some((choice) => choice.value === value)
      ? [{ value, label: `${value} (${present?.$type.replace("bpmn:", "")})` }]
      : [];
  return [{ value: "", label: choices.length ? "" : "The file has no signal, escalation or error" }, ...choices, ...other];
}

/** "One" or "None" refers to a definition among the root elements, which is made where there is none yet. */
export function eventChanges(loop: Moddle, chosen: string, create: Create): Change[] {
  const reference = REFERENCES[behaviorOf(loop)];
  const definitions = definitionsOf(loop);
  if (!reference || !definitions || chosen === thrownBy(eventDefinitionOf(loop))) return [];
  const refer = (definition: Moddle | undefined): Change => ({ moddleElement: loop, properties: { [reference]: definition } });
  if (!chosen) return [refer(undefined)];
  const roots = listOf<Moddle>(definitions.get("rootElements"));
  const known = roots.find((root) => KINDS.some((kind) => kind.definition === root.$type) && thrownBy(root) === chosen);
  if (known) return [refer(known)];
  const made = definitionOf(loop, chosen, create);
  if (!made) return [];
  return [{ moddleElement: definitions, properties: { rootElements: [...roots, within(definitions, made)] } }, refer(made)];
}

export function complexBehaviorsOf(loop: Moddle): Moddle[] {
  return listOf<Moddle>(loop.get("complexBehaviorDefinition"));
}

export function addedComplexBehavior(loop: Moddle, create: Create): Change {
  const made = within(loop, create("bpmn:ComplexBehaviorDefinition", {}));
  return { moddleElement: loop, properties: { complexBehaviorDefinition: [...complexBehaviorsOf(loop), made] } };
}

export function removedComplexBehavior(loop: Moddle, behavior: Moddle): Change {
  return { moddleElement: loop, properties: { complexBehaviorDefinition: complexBehaviorsOf(loop).filter((each) => each !== behavior) } };
}

export function conditionOf(behavior: Moddle): string {
  return String((behavior.get("condition") as Moddle | undefined)?.get("body") ?? "");
}

export function conditionChange(behavior: Moddle, text: string | undefined, create: Create): Change {
  const body = text?.trim();
  return {
    moddleElement: behavior,
    properties: { condition: body ? within(behavior, create("bpmn:FormalExpression", { body })) : undefined },
  };
}

/** The definition in the implicit event of a complex behaviour. */
export function implicitDefinitionOf(behavior: Moddle): Moddle | undefined {
  return listOf<Moddle>((behavior.get("event") as Moddle | undefined)?.get("eventDefinitions"))[0];
}

/** A complex behaviour holds its event itself. */
export function implicitEventChanges(loop: Moddle, behavior: Moddle, chosen: string, create: Create): Change[] {
  if (chosen === thrownBy(implicitDefinitionOf(behavior))) return [];
  const definition = chosen ? definitionOf(loop, chosen, create) : undefined;
  if (!definition) return [{ moddleElement: behavior, properties: { event: undefined } }];
  const event = within(behavior, create("bpmn:ImplicitThrowEvent", { eventDefinitions: [definition] }));
  within(event, definition);
  return [{ moddleElement: behavior, properties: { event } }];
}

function definitionOf(loop: Moddle, chosen: string, create: Create): Moddle | undefined {
  const root = listOf<Moddle>(definitionsOf(loop)?.get("rootElements")).find((each) => idOf(each) === chosen);
  const kind = KINDS.find((each) => each.type === root?.$type);
  return kind && create(kind.definition, { [kind.reference]: root });
}
