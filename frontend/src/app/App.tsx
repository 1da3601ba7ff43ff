import { QueryClientProvider } from "@tanstack/react-query";
import { lazy } from "react";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";
import { queryClient } from "@/api/queries";
import { LoginPage } from "./LoginPage";
import { NotFoundPage } from "./NotFoundPage";
import { Shell } from "./Shell";

const Modeler = lazy(() => import("@/modeler"));
const Inbox = lazy(() => import("@/inbox"));
const Operations = lazy(() => import("@/operations"));

const router = createBrowserRouter([
  { path: "/login", element: <LoginPage /> },
  {
    element: <Shell />,
    children: [
      { index: true, element: <Navigate to="/inbox" replace /> },
      { path: "modeler/*", element: <Modeler /> },
      { path: "inbox/*", element: <Inbox /> },
      { path: "operations/*", element: <Operations /> },
      { path: "*", element: <NotFoundPage /> },
    ],
  },
]);

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
