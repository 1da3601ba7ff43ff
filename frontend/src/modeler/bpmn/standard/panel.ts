import {
  CheckboxEntry,
  CollapsibleEntry,
  FeelEntry,
  isCheckboxEntryEdited,
  isFeelEntryEdited,
  isSelectEntryEdited,
  isTextFieldEntryEdited,
  ListEntry,
  ListGroup,
  SelectEntry,
  TextFieldEntry,
} from "@bpmn-io/properties-panel";
import type { Moddle } from "../standardFields";
import type { Edit } from "./edit";
import type { Field, Item, List } from "./fields";
import { keyOf } from "./tree";

interface DiagramElement {
  id: string;
  businessObject: Moddle;
}
/** What the entries need of the modeler. */
export interface Surroundings {
  debounce(): unknown;
  /** Makes what is written as one step, which one undo takes back. */
  edit(element: DiagramElement, write: (edit: Edit) => void): void;
}
interface FieldProps {
  element: DiagramElement;
  id: string;
  field: Field;
  surroundings: Surroundings;
}
interface ListProps {
  element: DiagramElement;
  id: string;
  list: List;
  surroundings: Surroundings;
}
interface ItemProps extends ListProps {
  item: Moddle;
  index: number;
  open: boolean;
}

const ENTRIES = {
  text: { entry: TextFieldEntry, isEdited: isTextFieldEntryEdited },
  checkbox: { entry: CheckboxEntry, isEdited: isCheckboxEntryEdited },
  select: { entry: SelectEntry, isEdited: isSelectEntryEdited },
  feel: { entry: FeelEntry, isEdited: isFeelEntryEdited },
} as const;

/** One component a kind of entry, or the panel would take each for a new one at the next change. */
function FieldOfPanel({ element, id, field, surroundings }: FieldProps) {
  return ENTRIES[field.kind].entry({
    element,
    id,
    label: field.label,
    description: field.description,
    disabled: field.disabled,
    debounce: surroundings.debounce(),
    feel: field.feel,
    getValue: () => field.get(),
    setValue: (value: unknown) => surroundings.edit(element, (edit) => field.set(edit, value)),
    getOptions: () => field.choices ?? [],
  });
}
const COMPONENTS = { text: component(), checkbox: component(), select: component(), feel: component() };

/** The hooks of two kinds of entry differ, so that each has a component of its own. */
function component() {
  return (props: FieldProps) => FieldOfPanel(props);
}

function ListOfPanel({ element, id, list, surroundings }: ListProps) {
  const { add } = list;
  const stays = list.items.length > 0 && list.items.every((item, index) => list.describe(item, index).stays);
  return ListEntry({
    element,
    id,
    label: list.label,
    items: list.items,
    open: list.items.length > 0,
    list,
    surroundings,
    component: ItemOfPanel,
    onAdd: () => add && surroundings.edit(element, add),
    onRemove: stays ? undefined : (item: Moddle) => surroundings.edit(element, (edit) => list.remove(edit, item)),
  });
}

function ItemOfPanel({ element, id, list, item, index, open, surroundings }: ItemProps) {
  const { label, fields, stays } = list.describe(item, index);
  // What has to be there is there to be filled in.
  return CollapsibleEntry({ element, id: `${id}-${keyOf(item)}`, label, open: open || stays, entries: entriesOf(fields, surroundings) });
}

export function entriesOf(fields: Item["fields"], surroundings: Surroundings) {
  return fields.map((field) =>
    field.kind === "list"
      ? { id: field.id, component: ListOfPanel, isEdited: () => false, list: field, surroundings }
      : { id: field.id, component: COMPONENTS[field.kind], isEdited: ENTRIES[field.kind].isEdited, field, surroundings },
  );
}

interface GroupItem {
  id: string;
  [name: string]: unknown;
}
const shown = new WeakMap<DiagramElement, Map<string, GroupItem[]>>();

/** The same array as long as it shows the same things: a group takes another one for its answer to "add", and opens what is new in it. */
function kept(element: DiagramElement, listId: string, items: GroupItem[]): GroupItem[] {
  const lists = shown.get(element) ?? new Map<string, GroupItem[]>();
  const before = lists.get(listId);
  const same = before?.length === items.length && before.every(({ id }, index) => id === items[index]!.id);
  if (same) before.splice(0, before.length, ...items);
  const result = same ? before : items;
  shown.set(element, lists.set(listId, result));
  return result;
}

/** A list as a group of the panel. */
export function groupOf(list: List, element: DiagramElement, surroundings: Surroundings) {
  const { add } = list;
  const items = list.items.map((item, index) => {
    const described = list.describe(item, index);
    const entries = entriesOf(described.fields, surroundings);
    const remove = (event: Event) => {
      event.stopPropagation();
      surroundings.edit(element, (edit) => list.remove(edit, item));
    };
    return {
      id: `${list.id}-${keyOf(item)}`,
      label: described.label,
      entries,
      autoFocusEntry: entries[0]?.id,
      remove: described.stays ? undefined : remove,
    };
  });
  return {
    id: list.id,
    label: list.label,
    tooltip: list.description,
    component: ListGroup,
    items: kept(element, list.id, items),
    add:
      add &&
      ((event: Event) => {
        event.stopPropagation();
        surroundings.edit(element, add);
      }),
  };
}
