import type { Status } from "../tags/status";

export type Corner = "top-left" | "top-right" | "bottom-left" | "bottom-right";

/** A small count in a corner of an element. */
export interface Badge {
  elementId: string;
  status: Status;
  text: string | number;
  /** On hover; the count and the status' word unless given. */
  title?: string;
  /** The corner that belongs to the status, unless given. */
  corner?: Corner;
}

/** The elements and sequence flows that were passed. */
export interface TakenPath {
  elementIds?: readonly string[];
  flowIds?: readonly string[];
}
