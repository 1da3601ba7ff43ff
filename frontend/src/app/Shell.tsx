import { Suspense } from "react";
import { Outlet } from "react-router";
import { LoadingState } from "@/shared/states";

export function Shell() {
  return (
    <main className="sw-page">
      <Suspense fallback={<LoadingState />}>
        <Outlet />
      </Suspense>
    </main>
  );
}
