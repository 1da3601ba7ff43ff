import { lazy, Suspense } from "react";
import { LoadingState } from "../states";
import type { FormViewProps } from "./FormView";

const Lazy = lazy(() => import("./FormView"));

/** The form, loaded when one is first shown. */
export function FormView(props: FormViewProps) {
  return (
    <Suspense fallback={<LoadingState label="Loading the form" lines={4} />}>
      <Lazy {...props} />
    </Suspense>
  );
}

export type { FormData, FormHandle, FormViewProps } from "./FormView";
export { errorsWithoutField, type FieldErrors } from "./errors";
