import { Route, Routes } from "react-router";
import { NotFoundState } from "@/shared/states";
import { InstancePage } from "./InstancePage";
import { InstancesPage } from "./InstancesPage";
import "./operations.scss";

export default function Operations() {
  return (
    <Routes>
      <Route index element={<InstancesPage />} />
      <Route path="instances" element={<InstancesPage />} />
      <Route path="instances/:key" element={<InstancePage />} />
      <Route path="*" element={<NotFoundState backTo="/operations" />} />
    </Routes>
  );
}
