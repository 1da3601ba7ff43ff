declare module "bpmn-auto-layout" {
  /** The diagram with a picture of its first process; lanes and message flows are left out by the library. */
  export function layoutProcess(xml: string): Promise<string>;
}
