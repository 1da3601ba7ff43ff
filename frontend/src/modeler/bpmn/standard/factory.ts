import type { Create, Moddle } from "../standardFields";

interface Ids {
  nextPrefixed(prefix: string, element: Moddle): string;
}
export interface Library {
  ids: Ids;
}

/** Elements that others refer to, or that the engine names in its problems, and that bpmn-js gives no id. */
const NAMED = new Set([
  "bpmn:CorrelationKey",
  "bpmn:CorrelationSubscription",
  "bpmn:DataInput",
  "bpmn:DataOutput",
  "bpmn:HumanPerformer",
  "bpmn:InputSet",
  "bpmn:Operation",
  "bpmn:OutputSet",
  "bpmn:Performer",
  "bpmn:PotentialOwner",
  "bpmn:ResourceParameter",
  "bpmn:ResourceRole",
]);

/** Makes elements with ids that the file does not have yet. */
export function creator(factory: { create: Create }, library: Library): Create {
  return (type, attributes) => {
    const made = factory.create(type, attributes);
    if (NAMED.has(type) && !made.get("id"))
      (made as unknown as { set(name: string, value: unknown): void }).set(
        "id",
        library.ids.nextPrefixed(`${type.replace("bpmn:", "")}_`, made),
      );
    return made;
  };
}
