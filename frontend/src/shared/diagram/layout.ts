/** Whether a diagram brings its own picture. */
export function hasPicture(xml: string): boolean {
  return /<([\w-]+:)?BPMNShape[\s>]/.test(xml);
}

/** The same diagram with a picture: its own, or one laid out from left to right when it has none. */
export async function withPicture(xml: string): Promise<string> {
  if (hasPicture(xml)) return xml;
  const { layoutProcess } = await import("bpmn-auto-layout");
  return layoutProcess(xml);
}
