const PREFIX = "stepwell.samples.";
export const NO_SAMPLES = "{\n  \n}";

/** The sample values of a draft's variables, as the person typed them; they stay in this browser. */
export function samplesOf(draftKey: string): string {
  try {
    return localStorage.getItem(PREFIX + draftKey) ?? NO_SAMPLES;
  } catch {
    return NO_SAMPLES;
  }
}

export function keepSamples(draftKey: string, text: string): void {
  try {
    if (text.trim() === "" || text === NO_SAMPLES) localStorage.removeItem(PREFIX + draftKey);
    else localStorage.setItem(PREFIX + draftKey, text);
  } catch {
    // They are still in the field; only the next visit starts without them.
  }
}
