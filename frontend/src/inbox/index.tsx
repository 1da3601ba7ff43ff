import { Route, Routes } from "react-router";
import { NotFoundState } from "@/shared/states";
import { InboxPage } from "./InboxPage";

/** The inbox: filters, list, and the task that is open. */
export default function Inbox() {
  return (
    <Routes>
      {["/", ":userTaskKey"].map((path) => (
        <Route key={path} path={path} element={<InboxPage />} />
      ))}
      <Route path="*" element={<NotFoundState what="page" backTo="/inbox" />} />
    </Routes>
  );
}
