/** What an event waits for or throws: one definition, or several (BPMN 2.0, 10.4.5 and tables 10.84 to 10.90). */

import { listOf, type Moddle } from "../standardFields";
import type { Edit } from "./edit";
import {
  bodyOf,
  type Choice,
  checkboxField,
  expressionField,
  type Field,
  type Item,
  itemsOf,
  type List,
  selectField,
  textField,
  textOf,
} from "./fields";
import { operationFields } from "./operations";
import { referenceFields } from "./references";
import { definitionsOf, idOf, keyOf, nameOf, takePlace } from "./tree";

const LABELS: Record<string, string> = {
  Message: "Message",
  Timer: "Timer",
  Conditional: "Condition",
  Signal: "Signal",
  Error: "Error",
  Escalation: "Escalation",
  Compensate: "Compensation",
  Link: "Link",
  Cancel: "Cancel",
  Terminate: "Terminate",
};
const CAUGHT = ["Message", "Timer", "Conditional", "Signal"];
const CATCHING = new Set(["bpmn:StartEvent", "bpmn:IntermediateCatchEvent", "bpmn:BoundaryEvent"]);
const ALONE = new Set(["Link"]);

/** The groups of the panel that show the first definition of their kind; a list shows all where there are several. */
export const SINGLE_GROUPS = new Set(["message", "signal", "error", "escalation", "timer", "link", "compensation", "event-condition"]);

export const isCatching = (event: Moddle) => CATCHING.has(event.$type);
export const definitionsOfEvent = (event: Moddle) => [...itemsOf(event, "eventDefinitions"), ...itemsOf(event, "eventDefinitionRef")];

/** The kinds that an event may have; none for what is no event, or a start event that has to be plain. */
function kindsOf(event: Moddle): string[] {
  const scope = event.$parent as Moddle | undefined;
  switch (event.$type) {
    case "bpmn:StartEvent":
      if (scope?.$type === "bpmn:Process") return CAUGHT;
      return scope?.triggeredByEvent === true ? [...CAUGHT, "Escalation", "Error", "Compensate"] : [];
    case "bpmn:IntermediateCatchEvent":
      return [...CAUGHT, "Link"];
    case "bpmn:IntermediateThrowEvent":
      return ["Message", "Signal", "Escalation", "Compensate", "Link"];
    case "bpmn:BoundaryEvent":
      return [...CAUGHT, "Escalation", "Error", "Compensate", "Cancel"];
    case "bpmn:EndEvent":
      return ["Message", "Signal", "Escalation", "Error", "Compensate", "Cancel", "Terminate"];
    default:
      return [];
  }
}

const kindOf = (definition: Moddle) => definition.$type.replace("bpmn:", "").replace("EventDefinition", "");
const typeOf = (kind: string) => `bpmn:${kind}EventDefinition`;

export function eventDefinitionList(event: Moddle): List | null {
  const kinds = kindsOf(event);
  const definitions = definitionsOfEvent(event);
  if (kinds.length === 0) return null;
  return {
    id: "standard-eventDefinitions",
    label: "Event definitions",
    description: isCatching(event)
      ? "What the event waits for. With several, the first that comes is enough, unless it waits for all."
      : "What the event throws. With several, it throws them all.",
    kind: "list",
    items: definitions,
    describe: (definition) => described(event, definition, kinds),
    add: (edit) =>
      edit.add(event, "eventDefinitions", typeOf(kinds.find((kind) => !definitions.some((each) => kindOf(each) === kind)) ?? kinds[0]!)),
    remove: (edit, definition) => removed(edit, event, definition),
  };
}

function described(event: Moddle, definition: Moddle, kinds: readonly string[]): Item {
  const kind = kindOf(definition);
  const several = definitionsOfEvent(event).length > 1;
  const shared = itemsOf(event, "eventDefinitionRef").includes(definition);
  const named = namedIn(definition);
  return {
    label: `${LABELS[kind] ?? kind}${named ? `: ${named}` : ""}${shared ? " (shared)" : ""}`,
    fields: [
      kindField(event, definition, kinds, several),
      ...(several || shared
        ? detailsOf(event, definition)
        : kind === "Message"
          ? operationFields(`${keyOf(definition)}-operation`, definition)
          : []),
    ],
  };
}

function namedIn(definition: Moddle): string {
  const kind = kindOf(definition);
  const reference = definition.get(`${kind.toLowerCase()}Ref`) as Moddle | undefined;
  if (reference) return nameOf(reference);
  if (kind === "Compensate") return nameOf(definition.get("activityRef") as Moddle | undefined);
  if (kind === "Conditional") return bodyOf(definition, "condition");
  if (kind === "Timer") return TIMERS.map(({ value }) => bodyOf(definition, value)).find(Boolean) ?? "";
  return String(definition.get("name") ?? "");
}

/** Another kind takes the place of the definition; a definition among the root elements may be shared by several events. */
function kindField(event: Moddle, definition: Moddle, kinds: readonly string[], several: boolean): Field {
  const present = kindOf(definition);
  const shared = listOf<Moddle>(definitionsOf(event)?.get("rootElements")).filter(
    (root) => kinds.includes(kindOf(root)) && root.$type === typeOf(kindOf(root)),
  );
  const own = itemsOf(event, "eventDefinitions").includes(definition);
  const choices: Choice[] = [
    ...kinds
      .filter((kind) => kind === present || !several || !ALONE.has(kind))
      .map((kind) => ({ value: typeOf(kind), label: LABELS[kind]! })),
    ...shared.map((root) => ({ value: idOf(root), label: `Shared: ${LABELS[kindOf(root)]} ${namedIn(root) || idOf(root)}` })),
  ];
  return selectField(
    `${keyOf(definition)}-kind`,
    "Kind",
    choices,
    () => (own ? definition.$type : idOf(definition)),
    (edit, chosen) => {
      const root = shared.find((each) => idOf(each) === chosen);
      if (own && !root) return edit.replace(event, "eventDefinitions", definition, takePlace(edit.make(chosen, event), definition));
      removed(edit, event, definition, true);
      if (root) edit.append(event, "eventDefinitionRef", root);
      else edit.add(event, "eventDefinitions", chosen);
    },
    several ? {} : { description: "More about it stands in the group of its kind, once that is open for it." },
  );
}

function removed(edit: Edit, event: Moddle, definition: Moddle, replaced = false): void {
  edit.remove(event, itemsOf(event, "eventDefinitions").includes(definition) ? "eventDefinitions" : "eventDefinitionRef", definition);
  if (!replaced && definitionsOfEvent(event).length <= 2 && isCatching(event)) edit.set(event, "parallelMultiple", undefined);
}

const TIMERS = [
  { value: "timeDate", label: "Date" },
  { value: "timeDuration", label: "Duration" },
  { value: "timeCycle", label: "Cycle" },
];

function detailsOf(event: Moddle, definition: Moddle): Field[] {
  const id = keyOf(definition);
  switch (kindOf(definition)) {
    case "Message":
      return [
        ...referenceFields(`${id}-message`, "Message", definition, "messageRef", "bpmn:Message"),
        ...correlationKeyFields(`${id}-key`, event, definition.get("messageRef") as Moddle | undefined),
        ...operationFields(`${id}-operation`, definition),
      ];
    case "Signal":
      return referenceFields(`${id}-signal`, "Signal", definition, "signalRef", "bpmn:Signal");
    case "Error":
      return referenceFields(
        `${id}-error`,
        "Error",
        definition,
        "errorRef",
        "bpmn:Error",
        isCatching(event) ? "None: every error." : undefined,
      );
    case "Escalation":
      return referenceFields(
        `${id}-escalation`,
        "Escalation",
        definition,
        "escalationRef",
        "bpmn:Escalation",
        isCatching(event) ? "None: every escalation." : undefined,
      );
    case "Timer":
      return timerFields(id, definition);
    case "Conditional":
      return [
        expressionField(`${id}-condition`, "Condition", definition, "condition", {
          description: "The event comes when this becomes true.",
        }),
      ];
    case "Compensate":
      return isCatching(event) ? [] : compensationFields(id, event, definition);
    case "Link":
      return [textField(`${id}-link`, "Link name", definition, "name")];
    default:
      return [];
  }
}

function timerFields(id: string, definition: Moddle): Field[] {
  const present = TIMERS.find(({ value }) => definition.get(value) !== undefined)?.value ?? "timeDuration";
  return [
    selectField(
      `${id}-timerType`,
      "Type",
      TIMERS,
      () => present,
      (edit, chosen) => {
        const expression = definition.get(present) ?? edit.make("bpmn:FormalExpression", definition);
        edit.set(definition, present, undefined);
        edit.set(definition, chosen, expression);
      },
    ),
    expressionField(`${id}-timerValue`, "Value", definition, present, {
      feel: "optional",
      description: "ISO 8601, such as PT15M, R3/PT10S or 2030-01-31T09:00:00Z; a cycle may be a cron text.",
    }),
  ];
}

function compensationFields(id: string, event: Moddle, definition: Moddle): Field[] {
  const scope = event.$parent as Moddle | undefined;
  const around = scope?.triggeredByEvent === true ? (scope.$parent as Moddle) : undefined;
  const activities = [...itemsOf(scope, "flowElements"), ...itemsOf(around, "flowElements")].filter(
    (each) =>
      /Task$|SubProcess$|:Transaction$|:CallActivity$/.test(each.$type) &&
      each.get("isForCompensation") !== true &&
      each.triggeredByEvent !== true,
  );
  return [
    selectField(
      `${id}-activity`,
      "Activity to undo",
      [{ value: "", label: "all that completed in the scope" }, ...activities.map((each) => ({ value: idOf(each), label: nameOf(each) }))],
      () => idOf(definition.get("activityRef") as Moddle | undefined),
      (edit, chosen) =>
        edit.set(
          definition,
          "activityRef",
          activities.find((each) => idOf(each) === chosen),
        ),
    ),
    {
      ...checkboxField(`${id}-wait`, "Wait until it is undone", definition, "waitForCompletion"),
      get: () => definition.get("waitForCompletion") !== false,
      set: (edit, value) => edit.set(definition, "waitForCompletion", value === true ? undefined : false),
    },
  ];
}

/** The key by which a message finds the instance that waits for it, which the extension `zeebe:subscription` of the message holds. */
function correlationKeyFields(id: string, event: Moddle, message: Moddle | undefined): Field[] {
  const starts = event.$type === "bpmn:StartEvent" && (event.$parent as Moddle | undefined)?.triggeredByEvent !== true;
  if (!message || !isCatching(event) || starts) return [];
  const extensions = message.get("extensionElements") as Moddle | undefined;
  const subscription = itemsOf(extensions, "values").find((each) => each.$type === "zeebe:Subscription");
  const set = (edit: Edit, value: unknown) => {
    const correlationKey = textOf(value);
    if (subscription) return edit.set(subscription, "correlationKey", correlationKey);
    const holder = extensions ?? edit.make("bpmn:ExtensionElements", message, { values: [] });
    edit.set(message, "extensionElements", holder);
    edit.add(holder, "values", "zeebe:Subscription", { correlationKey });
  };
  return [
    {
      id,
      label: "Subscription correlation key",
      kind: "feel",
      feel: "required",
      get: () => String(subscription?.get("correlationKey") ?? ""),
      set,
    },
  ];
}
