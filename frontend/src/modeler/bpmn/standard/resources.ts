/** Who works on an activity: roles, filled by an expression or by a resource of the file (BPMN 2.0, 8.4.11, 10.2.1). */

import type { Moddle } from "../standardFields";
import type { Edit } from "./edit";
import { bodyOf, checkboxField, type Choice, type Field, type Item, itemsOf, type List, selectField, textField, textOf } from "./fields";
import { MAKE, madeRoot, referenceFields, rootCalled, rootChoices } from "./references";
import { everythingIn, freeName, idOf, keyOf, nameOf, rootsOf, takePlace } from "./tree";

const KINDS: readonly Choice[] = [
  { value: "bpmn:PotentialOwner", label: "Potential owner" },
  { value: "bpmn:HumanPerformer", label: "Human performer" },
  { value: "bpmn:Performer", label: "Performer" },
  { value: "bpmn:ResourceRole", label: "Other role" },
];
const PURPOSES: Record<string, string> = {
  "bpmn:PotentialOwner": "May claim the task.",
  "bpmn:HumanPerformer": "Has the task from the start.",
  "bpmn:Performer": "Has the task from the start.",
  "bpmn:ResourceRole": "Tells the reader something, and has no effect.",
};
const BINDINGS = "resourceParameterBindings";
const ASSIGNMENT = "resourceAssignmentExpression";

/** Of user tasks, which people work on; of others only where the file has some, as they have no effect there. */
export function resourceRoleList(holder: Moddle): List | null {
  const roles = itemsOf(holder, "resources");
  if (holder.$type !== "bpmn:UserTask" && roles.length === 0) return null;
  return {
    id: "standard-resourceRoles",
    label: "Resource roles",
    description: "Who works on the task, in the standard's own words. What the group Assignment says comes before.",
    kind: "list",
    items: roles,
    describe: (role) => describedRole(holder, role),
    add: (edit) => edit.add(holder, "resources", "bpmn:PotentialOwner"),
    remove: (edit, role) => edit.remove(holder, "resources", role),
  };
}

function describedRole(holder: Moddle, role: Moddle): Item {
  const kind = KINDS.find(({ value }) => value === role.$type)?.label ?? role.$type;
  const who = whoOf(role);
  return { label: who ? `${kind}: ${who}` : kind, fields: roleFields(holder, role) };
}

function whoOf(role: Moddle): string {
  const assignment = role.get(ASSIGNMENT) as Moddle | undefined;
  return (assignment && bodyOf(assignment, "expression")) || nameOf(role.get("resourceRef") as Moddle | undefined);
}

function roleFields(holder: Moddle, role: Moddle): Field[] {
  const id = keyOf(role);
  const assignment = role.get(ASSIGNMENT) as Moddle | undefined;
  const resource = role.get("resourceRef") as Moddle | undefined;
  const become = (edit: Edit, type: string) => {
    const made = takePlace(edit.make(type, holder, { name: role.get("name"), resourceRef: resource }), role);
    if (assignment) assign(edit, made, textOf(bodyOf(assignment, "expression")));
    for (const binding of itemsOf(role, BINDINGS)) bindTo(edit, made, binding.get("parameterRef") as Moddle, bodyOf(binding, "expression"));
    edit.replace(holder, "resources", role, made);
  };
  const who: Field = {
    id: `${id}-who`,
    label: "Who",
    kind: "feel",
    feel: "optional",
    description:
      role.$type === "bpmn:PotentialOwner"
        ? "Groups, or user(bob), with commas between them; or an expression that gives groups."
        : "A user name, or an expression that gives one.",
    get: () => (assignment ? bodyOf(assignment, "expression") : ""),
    set: (edit, value) => assign(edit, role, textOf(value)),
  };
  return [
    selectField(`${id}-kind`, "Role", KINDS, () => role.$type, become, { description: PURPOSES[role.$type] }),
    ...(resource ? [] : [who]),
    ...(textOf(who.get()) ? [] : resourceFields(id, role)),
  ];
}

function assign(edit: Edit, role: Moddle, body: string | undefined): void {
  if (!body) return edit.set(role, ASSIGNMENT, undefined);
  const assignment = edit.make("bpmn:ResourceAssignmentExpression", role);
  edit.set(assignment, "expression", edit.make("bpmn:FormalExpression", assignment, { body }));
  edit.set(role, ASSIGNMENT, assignment);
}

/** A resource is known by its name; its parameters are bound one by one. */
function resourceFields(id: string, role: Moddle): Field[] {
  const resource = role.get("resourceRef") as Moddle | undefined;
  const choose = (edit: Edit, chosen: string) => {
    const next = chosen === MAKE ? madeRoot(edit, role, "bpmn:Resource") : rootCalled(role, "bpmn:Resource", chosen);
    edit.set(role, "resourceRef", next);
    edit.set(role, BINDINGS, []);
  };
  const choices = [{ value: "", label: "none" }, { value: MAKE, label: "Create new ..." }, ...rootChoices(role, "bpmn:Resource")];
  return [
    selectField(`${id}-resource`, "Resource", choices, () => idOf(resource), choose, {
      description: "Instead: one that the process lists, whose name is that of a group or user.",
    }),
    ...(resource ? [textField(`${id}-resource-name`, "Resource name", resource, "name")] : []),
    ...itemsOf(resource, "resourceParameters").map((parameter) => parameterField(role, parameter)),
  ];
}

function parameterField(role: Moddle, parameter: Moddle): Field {
  const binding = itemsOf(role, BINDINGS).find((each) => each.get("parameterRef") === parameter);
  return {
    id: `${keyOf(role)}-${keyOf(parameter)}`,
    label: `${nameOf(parameter)}${parameter.get("isRequired") === true ? " (needed)" : ""}`,
    kind: "feel",
    feel: "required",
    get: () => (binding ? bodyOf(binding, "expression") : ""),
    set: (edit, value) => {
      const body = textOf(value);
      if (!body) return binding && edit.remove(role, BINDINGS, binding);
      if (binding) edit.set(binding, "expression", edit.make("bpmn:FormalExpression", binding, { body }));
      else bindTo(edit, role, parameter, body);
    },
  };
}

function bindTo(edit: Edit, role: Moddle, parameter: Moddle, body: string): void {
  const binding = edit.add(role, BINDINGS, "bpmn:ResourceParameterBinding", { parameterRef: parameter });
  edit.set(binding, "expression", edit.make("bpmn:FormalExpression", binding, { body }));
}

export function resourceList(root: Moddle): List {
  return {
    id: "standard-resources",
    label: "Resources",
    description: "People, groups and things that roles name.",
    kind: "list",
    items: rootsOf(root, "bpmn:Resource"),
    describe: (resource) => ({
      label: nameOf(resource),
      fields: [textField(`${keyOf(resource)}-name`, "Name", resource, "name"), parameterList(resource)],
    }),
    add: (edit) => void madeRoot(edit, root, "bpmn:Resource"),
    remove: (edit, resource) => {
      for (const parameter of itemsOf(resource, "resourceParameters")) unbind(edit, parameter);
      edit.release(resource);
      edit.remove(resource.$parent as Moddle, "rootElements", resource);
    },
  };
}

function parameterList(resource: Moddle): List {
  return {
    id: `${keyOf(resource)}-parameters`,
    label: "Parameters",
    kind: "list",
    items: itemsOf(resource, "resourceParameters"),
    describe: (parameter) => ({
      label: nameOf(parameter),
      fields: [
        textField(`${keyOf(parameter)}-name`, "Name", parameter, "name"),
        ...referenceFields(`${keyOf(parameter)}-type`, "Item definition", parameter, "type", "bpmn:ItemDefinition"),
        checkboxField(`${keyOf(parameter)}-required`, "Each role has to bind it", parameter, "isRequired"),
      ],
    }),
    add: (edit) => {
      const made = edit.add(resource, "resourceParameters", "bpmn:ResourceParameter");
      edit.set(made, "name", freeName("Parameter", itemsOf(resource, "resourceParameters").map(nameOf)));
    },
    remove: (edit, parameter) => {
      unbind(edit, parameter);
      edit.remove(resource, "resourceParameters", parameter);
    },
  };
}

function unbind(edit: Edit, parameter: Moddle): void {
  for (const role of everythingIn((parameter.$parent as Moddle).$parent as Moddle)) {
    for (const binding of itemsOf(role, BINDINGS)) {
      if (binding.get("parameterRef") === parameter) edit.remove(role, BINDINGS, binding);
    }
  }
}
