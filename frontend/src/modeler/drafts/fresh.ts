import type { DraftKind } from "../library/drafts";

/** What our exports and forms name as their platform: the version of Camunda whose notation we read. */
export const PLATFORM = { name: "Camunda Cloud", version: "8.8.0" };

/** An id for XML and FEEL from a name that a person gave: "Order fulfilment" → "order-fulfilment". */
export function idFrom(name: string, fallback: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  if (plain === "") return fallback;
  return /^[a-z]/.test(plain) ? plain : `${fallback}-${plain}`;
}

export function freshContent(kind: DraftKind, name: string): string {
  return { BPMN: freshDiagram, DMN: freshDecision, FORM: freshForm }[kind](name);
}

function escaped(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function freshDiagram(name: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:modeler="http://camunda.org/schema/modeler/1.0" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn" exporter="Stepwell" modeler:executionPlatform="${PLATFORM.name}" modeler:executionPlatformVersion="${PLATFORM.version}">
  <bpmn:process id="${idFrom(name, "process")}" name="${escaped(name)}" isExecutable="true">
    <bpmn:startEvent id="start" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="BPMNDiagram_1">
    <bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="${idFrom(name, "process")}">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start">
        <dc:Bounds x="180" y="160" width="36" height="36" />
      </bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
`;
}

function freshDecision(name: string): string {
  const id = idFrom(name, "decision");
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="${id}-requirements" name="${escaped(name)}" namespace="http://camunda.org/schema/1.0/dmn" exporter="Stepwell" modeler:executionPlatform="${PLATFORM.name}" modeler:executionPlatformVersion="${PLATFORM.version}">
  <decision id="${id}" name="${escaped(name)}">
    <decisionTable id="${id}-table">
      <input id="input-1">
        <inputExpression id="input-expression-1" typeRef="string">
          <text></text>
        </inputExpression>
      </input>
      <output id="output-1" name="result" typeRef="string" />
    </decisionTable>
  </decision>
  <dmndi:DMNDI>
    <dmndi:DMNDiagram>
      <dmndi:DMNShape dmnElementRef="${id}">
        <dc:Bounds height="80" width="180" x="160" y="100" />
      </dmndi:DMNShape>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>
`;
}

function freshForm(name: string): string {
  const schema = {
    type: "default",
    id: idFrom(name, "form"),
    schemaVersion: 19,
    exporter: { name: "Stepwell", version: "1" },
    executionPlatform: PLATFORM.name,
    executionPlatformVersion: PLATFORM.version,
    components: [],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** What a file holds, by its name or else by its content; undefined when it is none of ours. */
export function kindOfFile(fileName: string, content: string): DraftKind | undefined {
  const extension = fileName.toLowerCase().match(/\.(bpmn|dmn|form)(\.xml|\.json)?$/)?.[1];
  if (extension) return extension.toUpperCase() as DraftKind;
  if (/omg\.org\/spec\/BPMN\//.test(content)) return "BPMN";
  if (/omg\.org\/spec\/DMN\//.test(content)) return "DMN";
  try {
    const parsed: unknown = JSON.parse(content);
    return typeof parsed === "object" && parsed !== null && "components" in parsed ? "FORM" : undefined;
  } catch {
    return undefined;
  }
}

/** The name for an imported file: the process' own, else the file's without its ending. */
export function nameOfFile(fileName: string, content: string, kind: DraftKind): string {
  const pattern = kind === "BPMN" ? /<(?:[\w-]+:)?process\b[^>]*?\sname="([^"]+)"/ : /<(?:[\w-]+:)?definitions\b[^>]*?\sname="([^"]+)"/;
  const given = kind === "FORM" ? undefined : content.match(pattern)?.[1];
  const text = given && new DOMParser().parseFromString(given, "text/html").documentElement.textContent?.trim();
  return (text || fileName.replace(/\.(bpmn|dmn|form|xml|json)+$/gi, "").replace(/\.(bpmn|dmn|form)$/i, "")).slice(0, 255) || "Unnamed";
}
