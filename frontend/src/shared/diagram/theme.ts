/**
 * Colours of a diagram as custom properties, so that it follows the theme without being drawn again. Labels take the
 * stroke's colour, because an element that was given a colour of its own stays readable only with its own stroke.
 */
export const DIAGRAM_COLOURS = {
  defaultFillColor: "var(--sw-diagram-fill)",
  defaultStrokeColor: "var(--sw-diagram-stroke)",
};

/** A picture for use outside the page has no custom properties: give it the colours of the light theme. */
export function withPlainColours(svg: string): string {
  return svg.replaceAll(DIAGRAM_COLOURS.defaultFillColor, "white").replaceAll(DIAGRAM_COLOURS.defaultStrokeColor, "#161616");
}
