import type EventBus from "diagram-js/lib/core/EventBus";
import { type Moddle } from "../standardFields";
import { copyIn } from "./copying";
import { dataOf, isPlaceholder } from "./dataHolders";
import { itemsOf } from "./fields";

interface Arrow {
  businessObject: Moddle & { set(name: string, value: unknown): void };
  source?: { businessObject: Moddle };
  target?: { businessObject: Moddle };
}
interface Drawing {
  context: { connection: Arrow; dataEnd?: Moddle };
}

const COMMANDS = ["connection.create", "connection.delete", "connection.move", "connection.reconnect"].flatMap((each) => [
  `commandStack.${each}.executed`,
  `commandStack.${each}.reverted`,
]);

/** Keeps the data input or output at the near end of an arrow, which bpmn-js takes away whenever the arrow moves with its element. */
export function keepDataEnds(eventBus: EventBus): void {
  eventBus.on(COMMANDS, 1500, ({ context }: Drawing) => {
    context.dataEnd ??= nearEnd(context.connection.businessObject);
  });
  // After bpmn-js's own behaviour.
  eventBus.on(COMMANDS, 500, ({ context: { connection, dataEnd } }: Drawing) => {
    const { businessObject } = connection;
    const inward = businessObject.$type === "bpmn:DataInputAssociation";
    const element = (inward ? connection.target : connection.source)?.businessObject;
    if (!element || !dataEnd) return;
    const own = [...dataOf(element, inward ? "input" : "output"), ...itemsOf(element, "properties")];
    const end = own.includes(dataEnd) ? dataEnd : copyIn(element, dataEnd);
    if (!inward) businessObject.set("sourceRef", end ? [end] : []);
    else if (end) {
      businessObject.set("targetRef", end);
      dropPlaceholder(element);
    }
  });
}

function nearEnd(association: Moddle): Moddle | undefined {
  if (association.$type === "bpmn:DataOutputAssociation") return itemsOf(association, "sourceRef")[0];
  const end = association.$type === "bpmn:DataInputAssociation" ? (association.get("targetRef") as Moddle | undefined) : undefined;
  return isPlaceholder(end) ? undefined : end;
}

function dropPlaceholder(element: Moddle): void {
  const properties = itemsOf(element, "properties");
  const place = properties.findIndex(
    (each) =>
      isPlaceholder(each) && !itemsOf(element, "dataInputAssociations").some((association) => association.get("targetRef") === each),
  );
  if (place >= 0) properties.splice(place, 1);
}
