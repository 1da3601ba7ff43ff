import { Group as PanelGroup, isSelectEntryEdited, SelectEntry } from "@bpmn-io/properties-panel";
import { is } from "bpmn-js/lib/util/ModelUtil";
import type CommandStack from "diagram-js/lib/command/CommandStack";

/** A form that can be linked: from the drafts of the library. */
export interface FormChoice {
  formId: string;
  name: string;
}

interface BusinessObject {
  $type: string;
  get(name: string): unknown;
  [name: string]: unknown;
}
interface DiagramElement {
  id: string;
  businessObject: BusinessObject;
}
interface Group {
  id: string;
  label?: string;
  component?: unknown;
  entries?: { id: string }[];
}
interface PropertiesPanel {
  registerProvider(priority: number, provider: FormPickerProvider): void;
}
interface Injector {
  get<T>(name: string): T;
}

/**
 * Adds a list of the library's forms above the form id in the properties panel of user tasks and start events, so that a form
 * is linked by picking it. The choices come from the setting `formChoices`.
 */
class FormPickerProvider {
  static $inject = ["propertiesPanel", "injector", "config.formChoices"];
  private readonly injector: Injector;
  private readonly choices: () => readonly FormChoice[];

  constructor(propertiesPanel: PropertiesPanel, injector: Injector, choices: () => readonly FormChoice[]) {
    this.injector = injector;
    this.choices = choices;
    // After the Zeebe provider, whose group is extended.
    propertiesPanel.registerProvider(400, this);
  }

  getGroups(element: DiagramElement) {
    return (groups: Group[]): Group[] => {
      if (!linkable(element)) return groups;
      const entry = { id: "stepwell-form", component: this.entry, isEdited: isSelectEntryEdited };
      const form = groups.find((group) => group.id === "form");
      if (!form?.entries) {
        // The Zeebe provider knows forms of user tasks alone.
        const place = groups.findIndex((group) => group.id === "documentation") + 1;
        return groups.toSpliced(place, 0, { id: "form", label: "Start form", component: PanelGroup, entries: [entry] });
      }
      const type = form.entries.findIndex((each) => each.id === "formType");
      form.entries.splice(type + 1, 0, entry);
      return groups;
    };
  }

  private readonly entry = ({ element, id }: { element: DiagramElement; id: string }) =>
    SelectEntry({
      element,
      id,
      label: "Form from the library",
      getValue: () => formDefinitionOf(element.businessObject)?.get("formId") ?? "",
      setValue: (formId: string) => this.link(element, formId),
      getOptions: () => {
        const choices = this.choices();
        const current = formDefinitionOf(element.businessObject)?.get("formId") as string | undefined;
        const known = !current || choices.some((choice) => choice.formId === current);
        return [
          { value: "", label: "None" },
          ...(known ? [] : [{ value: current, label: `${current} (not in the library)` }]),
          ...choices.map((choice) => ({ value: choice.formId, label: `${choice.name} (${choice.formId})` })),
        ];
      },
    });

  private link(element: DiagramElement, formId: string): void {
    const factory = this.injector.get<{ create(type: string, attrs: object): BusinessObject }>("bpmnFactory");
    const stack = this.injector.get<CommandStack>("commandStack");
    const { businessObject } = element;
    const extensions = businessObject.get("extensionElements") as BusinessObject | undefined;
    const others = ((extensions?.get("values") as BusinessObject[] | undefined) ?? []).filter(
      (each) => !/zeebe:(FormDefinition|UserTaskForm)/i.test(each.$type),
    );
    const definition = formId ? [factory.create("zeebe:FormDefinition", { formId })] : [];
    const next = factory.create("bpmn:ExtensionElements", { values: [...others, ...definition] });
    for (const value of next.get("values") as BusinessObject[]) value.$parent = next;
    next.$parent = businessObject;
    stack.execute("element.updateModdleProperties", { element, moddleElement: businessObject, properties: { extensionElements: next } });
  }
}

/** A start event shows a form only where a person starts the process. */
function linkable(element: DiagramElement): boolean {
  return (
    is(element as never, "bpmn:UserTask") ||
    (is(element as never, "bpmn:StartEvent") && !is(scopeOf(element) as never, "bpmn:SubProcess") && !hasTrigger(element))
  );
}

function scopeOf({ businessObject }: DiagramElement): unknown {
  return businessObject.$parent;
}

function hasTrigger({ businessObject }: DiagramElement): boolean {
  return ((businessObject.get("eventDefinitions") as unknown[] | undefined) ?? []).length > 0;
}

function formDefinitionOf(businessObject: BusinessObject): BusinessObject | undefined {
  const extensions = businessObject.get("extensionElements") as BusinessObject | undefined;
  return ((extensions?.get("values") as BusinessObject[] | undefined) ?? []).find((each) => each.$type === "zeebe:FormDefinition");
}

export const FormPickerModule = { __init__: ["formPicker"], formPicker: ["type", FormPickerProvider] };
