import { CollapsibleEntry, FeelEntry, isFeelEntryEdited, isSelectEntryEdited, ListEntry, SelectEntry } from "@bpmn-io/properties-panel";
import {
  addedComplexBehavior,
  type Behavior,
  behaviorChange,
  behaviorOf,
  BEHAVIORS,
  complexBehaviorsOf,
  conditionChange,
  conditionOf,
  eventChanges,
  eventChoices,
  eventDefinitionOf,
  implicitDefinitionOf,
  implicitEventChanges,
  removedComplexBehavior,
  thrownBy,
} from "./multiInstanceBehavior";
import { type Change, type Create, type Moddle, multiInstance } from "./standardFields";

interface DiagramElement {
  id: string;
  businessObject: Moddle;
}
interface EntryProps {
  element: DiagramElement;
  id: string;
}
interface ComplexProps extends EntryProps {
  loop: Moddle;
  behavior: Moddle;
}

interface Entry {
  id: string;
  component: unknown;
  isEdited(node: HTMLElement): boolean;
}

/** What the entries need of the modeler. */
interface Surroundings {
  create: Create;
  debounce(): unknown;
  /** Makes all changes in one step, which one undo takes back. */
  change(element: DiagramElement, changes: readonly Change[]): void;
}

/** The fields about what a multi-instance activity throws. Components are made once, so that the panel knows them again. */
export function multiInstanceEntries({ create, debounce, change }: Surroundings) {
  const loopOf = (element: DiagramElement) => multiInstance(element.businessObject)!;

  const behavior = ({ element, id }: EntryProps) =>
    SelectEntry({
      element,
      id,
      label: "Completed instances throw",
      getValue: () => behaviorOf(loopOf(element)),
      setValue: (value: Behavior) => change(element, [behaviorChange(loopOf(element), value)]),
      getOptions: () => BEHAVIORS,
    });

  const event = ({ element, id }: EntryProps) =>
    SelectEntry({
      element,
      id,
      label: "Event thrown",
      getValue: () => thrownBy(eventDefinitionOf(loopOf(element))),
      setValue: (chosen: string) => change(element, eventChanges(loopOf(element), chosen, create)),
      getOptions: () => eventChoices(loopOf(element), eventDefinitionOf(loopOf(element))),
    });

  const condition = ({ element, id, behavior: complex }: ComplexProps) =>
    FeelEntry({
      element,
      id,
      label: "When",
      description: "nrOfCompletedInstances and nrOfInstances count the instances.",
      debounce: debounce(),
      feel: "required",
      getValue: () => conditionOf(complex),
      setValue: (text: string | undefined) => change(element, [conditionChange(complex, text, create)]),
    });

  const implicitEvent = ({ element, id, loop, behavior: complex }: ComplexProps) =>
    SelectEntry({
      element,
      id,
      label: "Event thrown",
      getValue: () => thrownBy(implicitDefinitionOf(complex)),
      setValue: (chosen: string) => change(element, implicitEventChanges(loop, complex, chosen, create)),
      getOptions: () => eventChoices(loop, implicitDefinitionOf(complex)),
    });

  const complexBehavior = ({ element, id, index, item, open }: EntryProps & { index: number; item: Moddle; open: boolean }) => {
    const own = { loop: loopOf(element), behavior: item };
    return CollapsibleEntry({
      element,
      id: `${id}-${index}`,
      label: conditionOf(item) || "New condition",
      open,
      entries: [
        { id: `${id}-${index}-condition`, component: condition, isEdited: isFeelEntryEdited, ...own },
        { id: `${id}-${index}-event`, component: implicitEvent, isEdited: isSelectEntryEdited, ...own },
      ],
    });
  };

  const complexBehaviors = ({ element, id }: EntryProps) =>
    ListEntry({
      element,
      id,
      label: "Conditions and their events",
      items: complexBehaviorsOf(loopOf(element)),
      component: complexBehavior,
      onAdd: () => change(element, [addedComplexBehavior(loopOf(element), create)]),
      onRemove: (item: Moddle) => change(element, [removedComplexBehavior(loopOf(element), item)]),
    });

  return (element: DiagramElement) => {
    const loop = multiInstance(element.businessObject);
    if (!loop) return [];
    const entries: Entry[] = [
      {
        id: "standard-behavior",
        component: behavior,
        isEdited: (node) => isSelectEntryEdited(node) && (node as HTMLSelectElement).value !== "All",
      },
    ];
    const said = behaviorOf(loop);
    if (said === "One" || said === "None") entries.push({ id: "standard-behaviorEvent", component: event, isEdited: isSelectEntryEdited });
    // A list counts its items itself.
    if (said === "Complex") entries.push({ id: "standard-complexBehaviors", component: complexBehaviors, isEdited: () => false });
    return entries;
  };
}
