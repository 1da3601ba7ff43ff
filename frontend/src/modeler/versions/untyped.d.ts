declare module "bpmn-moddle" {
  export class BpmnModdle {
    constructor(extensions?: Record<string, object>);
    fromXML(xml: string): Promise<{ rootElement: object; warnings: object[] }>;
    toXML(element: object, options?: { format?: boolean }): Promise<{ xml: string }>;
  }
}
