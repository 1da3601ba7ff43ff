import ElementTemplateChooserModule from "@bpmn-io/element-template-chooser";
import { ZeebeVariableResolverModule } from "@bpmn-io/variable-resolver";
import LintModule from "bpmn-js-bpmnlint";
import ColorPickerModule from "bpmn-js-color-picker";
import { CreateAppendAnythingModule, CreateAppendElementTemplatesModule } from "bpmn-js-create-append-anything";
import { CloudElementTemplatesPropertiesProviderModule } from "bpmn-js-element-templates";
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, ZeebePropertiesProviderModule } from "bpmn-js-properties-panel";
import BpmnModeler from "bpmn-js/lib/Modeler";
import ZeebeBehaviorsModule from "camunda-bpmn-js-behaviors/lib/camunda-cloud";
import MinimapModule from "diagram-js-minimap";
import type CommandStack from "diagram-js/lib/command/CommandStack";
import type Canvas from "diagram-js/lib/core/Canvas";
import type ElementRegistry from "diagram-js/lib/core/ElementRegistry";
import type EventBus from "diagram-js/lib/core/EventBus";
import type Selection from "diagram-js/lib/features/selection/Selection";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";
import { DIAGRAM_COLOURS } from "@/shared/diagram/theme";
import { SchemaNamesModule } from "./schemaNames";
import { FormPickerModule, type FormChoice } from "./formPicker";
import { KeyboardPaletteModule } from "./keyboardPalette";
import { LINTING } from "./linting";
import { StandardElementsModule } from "./standard";
import { StandardPropertiesModule } from "./standardProperties";
import type { ElementTemplate } from "./templates";

interface Services {
  canvas: Canvas;
  commandStack: CommandStack;
  elementRegistry: ElementRegistry;
  elementTemplatesLoader: { setTemplates(templates: ElementTemplate[]): void };
  eventBus: EventBus;
  minimap: { open(): void; close(): void; toggle(): void; isOpen(): boolean };
  palette: { close(): void };
  propertiesPanel: { attachTo(parent: HTMLElement): void; detach(): void };
  selection: Selection;
  [name: string]: unknown;
}

export type Modeler = BpmnModeler<Services>;

interface Places {
  canvas: HTMLElement;
  properties: HTMLElement;
  /** Where the large FEEL editor opens. */
  popups: HTMLElement;
  formChoices: () => readonly FormChoice[];
}

/** The modeler for our notation, with everything that the page shows around it. */
export function createModeler({ canvas, properties, popups, formChoices }: Places): Modeler {
  const options = {
    container: canvas,
    propertiesPanel: { parent: properties, feelPopupContainer: popups },
    bpmnRenderer: DIAGRAM_COLOURS,
    linting: LINTING,
    formChoices,
    moddleExtensions: { zeebe },
    additionalModules: [
      BpmnPropertiesPanelModule,
      BpmnPropertiesProviderModule,
      ZeebePropertiesProviderModule,
      ZeebeBehaviorsModule,
      ZeebeVariableResolverModule,
      CloudElementTemplatesPropertiesProviderModule,
      ElementTemplateChooserModule,
      CreateAppendAnythingModule,
      CreateAppendElementTemplatesModule,
      MinimapModule,
      ColorPickerModule,
      LintModule,
      FormPickerModule,
      KeyboardPaletteModule,
      StandardPropertiesModule,
      StandardElementsModule,
      SchemaNamesModule,
    ],
  };
  return new BpmnModeler<Services>(options as never);
}

/** Selects an element and brings it into view, opening the sub-process plane that holds it. */
export function showElement(modeler: Modeler, elementId: string): void {
  const element = modeler.get("elementRegistry").get(elementId);
  if (!element) return;
  const canvas = modeler.get("canvas");
  const root = canvas.findRoot(element as never);
  if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
  if (element !== (root as unknown)) canvas.scrollToElement(element as never, 120);
  modeler.get("selection").select(element as never);
}

export async function currentXml(modeler: Modeler): Promise<string> {
  const { xml } = await modeler.saveXML({ format: true });
  return xml ?? "";
}
