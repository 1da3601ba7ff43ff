import {
  CheckboxEntry,
  FeelEntry,
  Group as PanelGroup,
  isCheckboxEntryEdited,
  isFeelEntryEdited,
  isSelectEntryEdited,
  isTextFieldEntryEdited,
  SelectEntry,
  TextFieldEntry,
} from "@bpmn-io/properties-panel";
import type CommandStack from "diagram-js/lib/command/CommandStack";
import { multiInstanceEntries } from "./multiInstanceEntries";
import { associationFields } from "./standard/dataAssociations";
import { Edit } from "./standard/edit";
import { definitionsOfEvent, SINGLE_GROUPS } from "./standard/eventDefinitions";
import { creator, type Library } from "./standard/factory";
import { listsOf } from "./standard/lists";
import { operationFields } from "./standard/operations";
import { entriesOf, groupOf, type Surroundings } from "./standard/panel";
import { type Change, changeOf, type Create, FIELDS, type Moddle, problemOf, type StandardField, valueOf } from "./standardFields";

interface DiagramElement {
  id: string;
  businessObject: Moddle;
}
interface Group {
  id: string;
  [name: string]: unknown;
}
interface PropertiesPanel {
  registerProvider(priority: number, provider: StandardPropertiesProvider): void;
}
interface Injector {
  get<T>(name: string): T;
}

const ENTRIES = {
  number: { entry: TextFieldEntry, isEdited: isTextFieldEntryEdited },
  checkbox: { entry: CheckboxEntry, isEdited: isCheckboxEntryEdited },
  select: { entry: SelectEntry, isEdited: isSelectEntryEdited },
  feel: { entry: FeelEntry, isEdited: isFeelEntryEdited },
} as const;

/** What BPMN itself says about an element beside its extensions: the group "Standard", and lists of what the element holds. */
class StandardPropertiesProvider {
  static $inject = ["propertiesPanel", "injector"];
  private readonly injector: Injector;

  constructor(propertiesPanel: PropertiesPanel, injector: Injector) {
    this.injector = injector;
    // After the other providers, whose groups come first.
    propertiesPanel.registerProvider(300, this);
  }

  getGroups(element: DiagramElement) {
    return (groups: Group[]): Group[] => {
      const { businessObject } = element;
      // Each of several definitions is shown in their list.
      const others = definitionsOfEvent(businessObject).length > 1 ? groups.filter(({ id }) => !SINGLE_GROUPS.has(id)) : groups;
      const lists = listsOf(businessObject).map((list) => groupOf(list, element, this.surroundings));
      return [...others, ...this.standard(element), ...this.association(businessObject), ...lists];
    };
  }

  private standard(element: DiagramElement): Group[] {
    const fields = FIELDS.filter((field) => field.holder(element.businessObject));
    const entries = fields.map((field): object => ({
      id: field.id,
      component: this.component(field),
      isEdited: ENTRIES[field.kind].isEdited,
    }));
    // After what says how many instances there are, which is the first field.
    entries.splice(1, 0, ...this.behaviorEntries(element));
    const operation = element.businessObject.$type.endsWith("Task") ? operationFields("standard-operation", element.businessObject) : [];
    entries.unshift(...entriesOf(operation, this.surroundings));
    return entries.length ? [{ id: "standard", label: "Standard", component: PanelGroup, entries }] : [];
  }

  /** Of an arrow that is selected. */
  private association(association: Moddle): Group[] {
    if (!/^bpmn:Data(In|Out)putAssociation$/.test(association.$type)) return [];
    return [
      {
        id: "standard-association",
        label: "Data association",
        component: PanelGroup,
        shouldOpen: true,
        entries: entriesOf(associationFields(association), this.surroundings),
      },
    ];
  }

  /** One component a field, kept, so that the panel does not take it for another at the next change. */
  private readonly components = new Map<string, unknown>();

  private component(field: StandardField): unknown {
    const known = this.components.get(field.id);
    if (known) return known;
    // One function, or the entry would check the stored value again and forget what is wrong with the typed one.
    const validate = (value: unknown) => problemOf(field, value);
    const made = ({ element, id }: { element: DiagramElement; id: string }) =>
      ENTRIES[field.kind].entry({
        element,
        id,
        label: field.label,
        description: field.description,
        debounce: this.injector.get("debounceInput"),
        feel: "required",
        getValue: () => valueOf(field, element.businessObject),
        setValue: (value: unknown) => this.change(field, element, value),
        validate,
        getOptions: () => field.options ?? [],
      });
    this.components.set(field.id, made);
    return made;
  }

  private change(field: StandardField, element: DiagramElement, value: unknown): void {
    if (problemOf(field, value)) return;
    const change = changeOf(field, element.businessObject, value, this.create);
    if (change) this.execute(element, [change]);
  }

  private readonly create: Create = (type, attributes) =>
    creator(this.injector.get<{ create: Create }>("bpmnFactory"), this.injector.get<Library>("moddle"))(type, attributes);

  /** All changes are one command, so that one undo takes them back. */
  private execute(element: DiagramElement, changes: readonly Change[]): void {
    const commands = changes.map((change) => ({ cmd: "element.updateModdleProperties", context: { element, ...change } }));
    if (commands.length) this.injector.get<CommandStack>("commandStack").execute("properties-panel.multi-command-executor", commands);
  }

  private readonly surroundings: Surroundings = {
    debounce: () => this.injector.get("debounceInput"),
    edit: (element, write) => {
      const edit = new Edit(this.create);
      write(edit);
      this.execute(element, edit.changes);
    },
  };

  private readonly behaviorEntries = multiInstanceEntries({
    create: this.create,
    debounce: () => this.injector.get("debounceInput"),
    change: (element, changes) => this.execute(element, changes),
  });
}

export const StandardPropertiesModule = { __init__: ["standardProperties"], standardProperties: ["type", StandardPropertiesProvider] };
