import type { Schemas } from "@/api/contract";

export type JobType = Pick<Schemas["JobTypeResult"], "type" | "title" | "description" | "inputs"> & { retries?: number };
type Input = JobType["inputs"][number];

/** The part of an element template (Camunda's format) that we write. */
export interface ElementTemplate {
  $schema: string;
  id: string;
  name: string;
  description?: string;
  appliesTo: string[];
  elementType: { value: string };
  groups: { id: string; label: string; openByDefault?: boolean }[];
  properties: TemplateProperty[];
}

interface TemplateProperty {
  label?: string;
  description?: string;
  type: "Hidden" | "String" | "Text" | "Boolean" | "Number";
  value?: string;
  group?: string;
  feel?: "required" | "optional" | "static";
  optional?: boolean;
  binding: { type: "zeebe:taskDefinition"; property: "type" | "retries" } | { type: "zeebe:input"; name: string };
}

/** A template for each job type that this installation can do by itself: a service task picks one, its inputs are fields. */
export function templatesFrom(jobTypes: readonly JobType[]): ElementTemplate[] {
  return jobTypes.map((jobType) => ({
    $schema: "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json",
    id: `stepwell.${jobType.type.replace(/[^\w.-]/g, "-")}`,
    name: jobType.title || jobType.type,
    description: jobType.description ?? undefined,
    appliesTo: ["bpmn:Task"],
    elementType: { value: "bpmn:ServiceTask" },
    groups: [
      { id: "inputs", label: "Inputs", openByDefault: true },
      { id: "job", label: "Job" },
    ],
    properties: [
      { type: "Hidden", value: jobType.type, binding: { type: "zeebe:taskDefinition", property: "type" } },
      ...jobType.inputs.map(fieldFor),
      {
        label: "Retries",
        type: "String",
        value: String(jobType.retries ?? 3),
        group: "job",
        feel: "optional",
        binding: { type: "zeebe:taskDefinition", property: "retries" },
      },
    ],
  }));
}

function fieldFor(input: Input): TemplateProperty {
  return {
    label: input.required ? `${input.name} *` : input.name,
    description: descriptionOf(input),
    group: "inputs",
    // An input that is left empty makes no mapping: the handler then takes the process variable of the same name.
    optional: true,
    binding: { type: "zeebe:input", name: input.name },
    ...typeOf(input.type),
  };
}

function descriptionOf({ description, required, name, type }: Input): string {
  const words = [description?.replace(/\.?$/, ".")];
  if (type && type !== "Any") words.push(`Type: ${type}.`);
  words.push(required ? `Left empty, the variable “${name}” is taken.` : "May be left empty.");
  return words.filter(Boolean).join(" ");
}

function typeOf(name: string): Pick<TemplateProperty, "type" | "feel"> {
  switch (name.replace(/\s*\|\s*None$/, "").toLowerCase()) {
    case "str":
    case "string":
    case "text":
      return { type: "String", feel: "optional" };
    default:
      // Numbers, truth values, lists and contexts are FEEL: a plain text would arrive as a text.
      return { type: "Text", feel: "required" };
  }
}
