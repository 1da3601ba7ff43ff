import { lazy, Suspense } from "react";
import { LoadingState } from "../states";
import type { DiagramViewerProps } from "./DiagramViewer";

const Lazy = lazy(() => import("./DiagramViewer"));

/** The viewer, loaded when it is first shown. It fills its parent, which gives it its size. */
export function DiagramViewer(props: DiagramViewerProps) {
  return (
    <Suspense fallback={<LoadingState label="Loading the diagram" lines={3} />}>
      <Lazy {...props} />
    </Suspense>
  );
}

export type { DiagramHandle, DiagramViewerProps } from "./DiagramViewer";
export type { Badge, Corner, TakenPath } from "./types";
