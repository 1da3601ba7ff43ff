declare module "dmn-js/lib/Modeler" {
  export interface View {
    id: string;
    type: "drd" | "decisionTable" | "literalExpression" | "boxedExpression";
    name?: string;
    element: { id: string; name?: string };
  }
  export interface Viewer {
    on(event: string, callback: () => void): void;
    off(event: string, callback: () => void): void;
    get(name: string): unknown;
  }
  export default class DmnModeler {
    constructor(options: object);
    importXML(xml: string): Promise<{ warnings: unknown[] }>;
    saveXML(options?: { format?: boolean }): Promise<{ xml: string }>;
    getViews(): View[];
    getActiveView(): View | undefined;
    getActiveViewer(): Viewer | undefined;
    open(view: View): Promise<unknown>;
    on(event: string, callback: (event: never) => void): void;
    off(event: string, callback: (event: never) => void): void;
    destroy(): void;
  }
}
