/** How messages find the instance that they are meant for, in the standard's own way: properties, keys, subscriptions (BPMN 2.0, 8.3.2). */

import type { Moddle } from "../standardFields";
import type { Edit } from "./edit";
import { expressionField, type Field, itemsOf, type List, selectField, textField } from "./fields";
import { anyRoot, madeRoot, referenceFields, rootCalled } from "./references";
import { definitionsOf, everythingIn, freeName, idOf, keyOf, nameOf, rootsOf } from "./tree";

const RETRIEVALS = "correlationPropertyRetrievalExpression";
const BINDINGS = "correlationPropertyBinding";

export function correlationPropertyList(root: Moddle): List {
  return {
    id: "standard-correlationProperties",
    label: "Correlation properties",
    description: "What tells one conversation from another, such as an order number, and where each message holds it.",
    kind: "list",
    items: rootsOf(root, "bpmn:CorrelationProperty"),
    describe: (property) => ({
      label: nameOf(property),
      fields: [
        textField(`${keyOf(property)}-name`, "Name", property, "name"),
        ...referenceFields(`${keyOf(property)}-type`, "Item definition", property, "type", "bpmn:ItemDefinition"),
        retrievalList(property),
      ],
    }),
    add: (edit) => addRetrieval(edit, madeRoot(edit, root, "bpmn:CorrelationProperty")),
    remove: (edit, property) => {
      for (const element of everythingIn(property.$parent as Moddle)) {
        for (const binding of itemsOf(element, BINDINGS)) {
          if (binding.get("correlationPropertyRef") === property) edit.remove(element, BINDINGS, binding);
        }
      }
      edit.release(property);
      edit.remove(property.$parent as Moddle, "rootElements", property);
    },
  };
}

function retrievalList(property: Moddle): List {
  const retrievals = itemsOf(property, RETRIEVALS);
  return {
    id: `${keyOf(property)}-retrievals`,
    label: "Found in messages",
    kind: "list",
    items: retrievals,
    describe: (retrieval) => ({
      label: nameOf(retrieval.get("messageRef") as Moddle | undefined),
      stays: retrievals.length === 1,
      fields: [
        ...referenceFields(`${keyOf(retrieval)}-message`, "Message", retrieval, "messageRef", "bpmn:Message"),
        expressionField(`${keyOf(retrieval)}-path`, "Where the message holds it", retrieval, "messagePath", {
          description: "An expression over the variables that the message brings.",
        }),
      ],
    }),
    add: (edit) => addRetrieval(edit, property),
    remove: (edit, retrieval) => edit.remove(property, RETRIEVALS, retrieval),
  };
}

/** For a message that the property is not looked for in yet, where there is one. */
function addRetrieval(edit: Edit, property: Moddle): void {
  const known = edit.list(property, RETRIEVALS).map((each) => each.get("messageRef"));
  const message = rootsOf(property, "bpmn:Message").find((each) => !known.includes(each));
  edit.add(property, RETRIEVALS, "bpmn:CorrelationPropertyRetrievalExpression", {
    messageRef: message ?? anyRoot(edit, property, "bpmn:Message"),
  });
}

function keysOf(element: Moddle): Moddle[] {
  const definitions = definitionsOf(element);
  return definitions ? [...everythingIn(definitions)].filter((each) => each.$type === "bpmn:CorrelationKey") : [];
}

/** The keys of the file stand in its collaboration, or in a conversation of that. */
export function correlationKeyList(root: Moddle): List {
  return {
    id: "standard-correlationKeys",
    label: "Correlation keys",
    description: "The properties that together tell a conversation. A message belongs to the first key of which it has all properties.",
    kind: "list",
    items: keysOf(root),
    describe: (key) => ({ label: nameOf(key), fields: [textField(`${keyOf(key)}-name`, "Name", key, "name"), propertyReferenceList(key)] }),
    add: (edit) => {
      const made = edit.add(collaborationFor(edit, root), "correlationKeys", "bpmn:CorrelationKey");
      edit.set(made, "name", freeName("Correlation key", keysOf(root).map(nameOf)));
      edit.append(made, "correlationPropertyRef", rootsOf(root, "bpmn:CorrelationProperty")[0] ?? madeProperty(edit, root));
    },
    remove: (edit, key) => removeKey(edit, key),
  };
}

function madeProperty(edit: Edit, root: Moddle): Moddle {
  const made = madeRoot(edit, root, "bpmn:CorrelationProperty");
  addRetrieval(edit, made);
  return made;
}

/** A file with one process alone has none: it gets one that is not drawn. */
function collaborationFor(edit: Edit, root: Moddle): Moddle {
  if (root.$type === "bpmn:Collaboration") return root;
  const known = rootsOf(root, "bpmn:Collaboration")[0];
  if (known) return known;
  const definitions = definitionsOf(root)!;
  return edit.add(definitions, "rootElements", "bpmn:Collaboration");
}

const HELD = ["participants", "messageFlows", "artifacts", "conversations", "conversationLinks", "correlationKeys"];

/** The subscriptions to the key go with it, and the collaboration that was made for it. */
function removeKey(edit: Edit, key: Moddle): void {
  const definitions = definitionsOf(key)!;
  for (const process of everythingIn(definitions)) {
    for (const subscription of itemsOf(process, "correlationSubscriptions")) {
      if (subscription.get("correlationKeyRef") === key) edit.remove(process, "correlationSubscriptions", subscription);
    }
  }
  edit.release(key);
  const holder = key.$parent as Moddle;
  edit.remove(holder, "correlationKeys", key);
  const drawn = itemsOf(definitions, "diagrams").some((each) => (each.get("plane") as Moddle | undefined)?.get("bpmnElement") === holder);
  if (holder.$type === "bpmn:Collaboration" && !drawn && HELD.every((property) => edit.list(holder, property).length === 0)) {
    edit.remove(definitions, "rootElements", holder);
  }
}

function propertyReferenceList(key: Moddle): List {
  const listed = itemsOf(key, "correlationPropertyRef");
  const others = (present?: Moddle) =>
    rootsOf(key, "bpmn:CorrelationProperty").filter((each) => each === present || !listed.includes(each));
  return {
    id: `${keyOf(key)}-properties`,
    label: "Properties",
    kind: "list",
    items: listed,
    describe: (property, index) => ({
      label: nameOf(property),
      stays: listed.length === 1,
      fields: [
        selectField(
          `${keyOf(key)}-property-${index}`,
          "Correlation property",
          others(property).map((each) => ({ value: idOf(each), label: nameOf(each) })),
          () => idOf(property),
          (edit, chosen) =>
            edit.replace(key, "correlationPropertyRef", property, rootCalled(key, "bpmn:CorrelationProperty", chosen) ?? property),
        ),
      ],
    }),
    add: (edit) => {
      const property = others()[0] ?? madeProperty(edit, key);
      edit.append(key, "correlationPropertyRef", property);
      bindAll(edit, key);
    },
    remove: (edit, property) => {
      edit.remove(key, "correlationPropertyRef", property);
      bindAll(edit, key);
    },
  };
}

/** Subscriptions bind the properties of their keys, each of them and no others. */
function bindAll(edit: Edit, key: Moddle): void {
  for (const element of everythingIn(definitionsOf(key)!)) {
    if (element.$type === "bpmn:CorrelationSubscription" && element.get("correlationKeyRef") === key) bind(edit, element, key);
  }
}

function bind(edit: Edit, subscription: Moddle, key: Moddle | undefined): void {
  const wanted = key ? edit.list(key, "correlationPropertyRef") : [];
  const kept = edit.list(subscription, BINDINGS).filter((each) => wanted.includes(each.get("correlationPropertyRef") as Moddle));
  edit.set(subscription, BINDINGS, kept);
  for (const property of wanted) {
    if (!kept.some((each) => each.get("correlationPropertyRef") === property)) {
      edit.add(subscription, BINDINGS, "bpmn:CorrelationPropertyBinding", { correlationPropertyRef: property });
    }
  }
}

export function correlationSubscriptionList(process: Moddle): List {
  return {
    id: "standard-correlationSubscriptions",
    label: "Correlation subscriptions",
    description: "Where the process itself holds the properties of a key: only messages that say the same reach its instance.",
    kind: "list",
    items: itemsOf(process, "correlationSubscriptions"),
    describe: (subscription) => ({
      label: nameOf(subscription.get("correlationKeyRef") as Moddle | undefined),
      fields: subscriptionFields(subscription),
    }),
    add: (edit) => {
      const taken = itemsOf(process, "correlationSubscriptions").map((each) => each.get("correlationKeyRef"));
      const key = keysOf(process).find((each) => !taken.includes(each));
      bind(edit, edit.add(process, "correlationSubscriptions", "bpmn:CorrelationSubscription", { correlationKeyRef: key }), key);
    },
    remove: (edit, subscription) => edit.remove(process, "correlationSubscriptions", subscription),
  };
}

function subscriptionFields(subscription: Moddle): Field[] {
  const keys = keysOf(subscription);
  const set = (edit: Edit, chosen: string) => {
    const key = keys.find((each) => idOf(each) === chosen);
    edit.set(subscription, "correlationKeyRef", key);
    bind(edit, subscription, key);
  };
  return [
    selectField(
      `${keyOf(subscription)}-key`,
      "Correlation key",
      [
        { value: "", label: keys.length ? "none" : "The file has no correlation key" },
        ...keys.map((each) => ({ value: idOf(each), label: nameOf(each) })),
      ],
      () => idOf(subscription.get("correlationKeyRef") as Moddle | undefined),
      set,
    ),
    ...itemsOf(subscription, BINDINGS).map((binding) =>
      expressionField(`${keyOf(binding)}-path`, nameOf(binding.get("correlationPropertyRef") as Moddle | undefined), binding, "dataPath", {
        description: "An expression over the variables of the process.",
      }),
    ),
  ];
}
