import type EventBus from "diagram-js/lib/core/EventBus";
import { listOf, type Moddle } from "./standardFields";

const REFERENCES = new Set(["oneBehaviorEventRef", "noneBehaviorEventRef"]);

interface Copying {
  property: unknown;
  propertyName: string;
}
interface Diagram {
  getDefinitions(): Moddle | undefined;
}

/** Keeps the event of a multi-instance behaviour when its activity is copied or becomes one of another type, unless it is pasted into another file. */
function keepBehaviorEvents(eventBus: EventBus, diagram: Diagram): void {
  eventBus.on("moddleCopy.canCopyProperty", ({ property, propertyName }: Copying) =>
    REFERENCES.has(propertyName) && listOf(diagram.getDefinitions()?.get("rootElements")).includes(property) ? property : undefined,
  );
}

export const BehaviorEventCopyModule = { __init__: [["eventBus", "bpmnjs", keepBehaviorEvents]] };
