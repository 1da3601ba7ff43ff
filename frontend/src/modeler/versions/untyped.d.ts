declare module "bpmn-js-differ" {
  interface Element {
    id: string;
    $type: string;
    name?: string;
  }
  export function diff(
    before: object,
    after: object,
  ): {
    _added: Record<string, Element>;
    _removed: Record<string, Element>;
    _layoutChanged: Record<string, Element>;
    _changed: Record<string, { model: Element; attrs: Record<string, { oldValue: unknown; newValue: unknown }> }>;
  };
}

declare module "bpmn-moddle" {
  export class BpmnModdle {
    constructor(extensions?: Record<string, object>);
    fromXML(xml: string): Promise<{ rootElement: object; warnings: object[] }>;
    toXML(element: object, options?: { format?: boolean }): Promise<{ xml: string }>;
  }
}
