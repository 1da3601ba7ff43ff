interface Property {
  name: string;
  xml?: object;
}
interface Moddle {
  registry: { typeMap: Record<string, { properties: Property[] }> };
}

/** Properties that bpmn-moddle writes as elements named after their types (`formalExpression`, `implicitThrowEvent`). */
const NAMED_BY_TYPE: Record<string, readonly string[]> = {
  "bpmn:ComplexBehaviorDefinition": ["condition", "event"],
  "bpmn:CorrelationPropertyBinding": ["dataPath"],
  "bpmn:CorrelationPropertyRetrievalExpression": ["messagePath"],
};
/** Properties that bpmn-moddle writes before others that the schema has first. */
const WRITTEN_TOO_EARLY: Record<string, readonly string[]> = {
  "bpmn:CallableElement": ["ioSpecification", "ioBinding"],
  "bpmn:OutputSet": ["inputSetRefs"],
};

/** Writes elements under the names and in the order of the standard's schema, which allows no others; both spellings are read here. */
export function nameBySchema(moddle: Moddle): void {
  for (const [type, names] of Object.entries(NAMED_BY_TYPE)) {
    for (const property of propertiesOf(moddle, type)) if (isOneOf(property, names)) property.xml = { serialize: "property" };
  }
  for (const [type, names] of Object.entries(WRITTEN_TOO_EARLY)) {
    const late = (property: Property) => Number(isOneOf(property, names));
    propertiesOf(moddle, type).sort((one, other) => late(one) - late(other));
  }
}

function propertiesOf(moddle: Moddle, type: string): Property[] {
  return moddle.registry.typeMap[type]?.properties ?? [];
}

/** Their names have a prefix. */
function isOneOf(property: Property, names: readonly string[]): boolean {
  return names.includes(property.name.replace(/^\w+:/, ""));
}

export const SchemaNamesModule = { __init__: [["moddle", nameBySchema]] };
