interface Moddle {
  registry: { typeMap: Record<string, { properties: { xml?: object }[] }> };
}

/**
 * Writes the condition and the event of a complex behaviour under the names that the standard's schema gives them. bpmn-moddle names
 * them after their types (`formalExpression`, `implicitThrowEvent`), which the schema does not allow there; both spellings are read here.
 */
export function nameBySchema(moddle: Moddle): void {
  for (const property of moddle.registry.typeMap["bpmn:ComplexBehaviorDefinition"]?.properties ?? []) property.xml = { serialize: "property" };
}

export const ComplexBehaviorXmlModule = { __init__: [["moddle", nameBySchema]] };
