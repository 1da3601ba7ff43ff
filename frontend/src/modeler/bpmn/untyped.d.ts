// Libraries of bpmn.io without types: modules for the modeler's dependency injection, and a few functions.

declare module "bpmn-js-properties-panel" {
  export const BpmnPropertiesPanelModule: object;
  export const BpmnPropertiesProviderModule: object;
  export const ZeebePropertiesProviderModule: object;
}
declare module "bpmn-js-element-templates" {
  export const CloudElementTemplatesPropertiesProviderModule: object;
}
declare module "bpmn-js-create-append-anything" {
  export const CreateAppendAnythingModule: object;
  export const CreateAppendElementTemplatesModule: object;
}
declare module "@bpmn-io/element-template-chooser" {
  const module: object;
  export default module;
}
declare module "@bpmn-io/variable-resolver" {
  export const ZeebeVariableResolverModule: object;
}
declare module "camunda-bpmn-js-behaviors/lib/camunda-cloud" {
  const module: object;
  export default module;
}
declare module "diagram-js-minimap" {
  const module: object;
  export default module;
}
declare module "bpmn-js-color-picker" {
  const module: object;
  export default module;
}
declare module "bpmn-js-bpmnlint" {
  const module: object;
  export default module;
}
declare module "bpmnlint/rules/*" {
  const rule: unknown;
  export default rule;
}
declare module "@bpmn-io/properties-panel" {
  export const Group: unknown;
  export function CollapsibleEntry(props: object): unknown;
  export function ListEntry(props: object): unknown;
  export const ListGroup: unknown;
  export function CheckboxEntry(props: object): unknown;
  export function FeelEntry(props: object): unknown;
  export function SelectEntry(props: object): unknown;
  export function TextFieldEntry(props: object): unknown;
  export function isCheckboxEntryEdited(node: HTMLElement): boolean;
  export function isFeelEntryEdited(node: HTMLElement): boolean;
  export function isSelectEntryEdited(node: HTMLElement): boolean;
  export function isTextFieldEntryEdited(node: HTMLElement): boolean;
}
