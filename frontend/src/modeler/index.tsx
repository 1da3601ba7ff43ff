import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { LoadingState, NotFoundState } from "@/shared/states";
import { Library } from "./library/Library";
import "./modeler.scss";

const DraftPage = lazy(() => import("./drafts/DraftPage"));

/** The modeler: a library of diagrams, decisions and forms, and an editor for each. */
export default function Modeler() {
  return (
    <Suspense fallback={<LoadingState label="Loading the editor" />}>
      <Routes>
        <Route index element={<Library />} />
        <Route path="drafts/:draftKey" element={<DraftPage />} />
        <Route path="*" element={<NotFoundState what="page" backTo="/modeler" />} />
      </Routes>
    </Suspense>
  );
}
