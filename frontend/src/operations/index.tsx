import "./operations.scss"; // first: the sheets of the pages are laid over it
import { NavLink, Outlet, Route, Routes } from "react-router";
import { NotFoundState } from "@/shared/states";
import { BatchOperationsPage, BatchToasts } from "./batch";
import { IncidentsPage } from "./incidents/IncidentsPage";
import { InstancePage } from "./instance/InstancePage";
import { InstancesPage } from "./instances/InstancesPage";
import { ProcessesPage } from "./processes/ProcessesPage";
import { ProcessPage } from "./processes/ProcessPage";

/** The address is the place: processes, their instances, and what holds them up. */
export default function Operations() {
  return (
    <>
      <Routes>
        <Route element={<Lists />}>
          <Route index element={<ProcessesPage />} />
          <Route path="instances" element={<InstancesPage />} />
          <Route path="incidents" element={<IncidentsPage />} />
          <Route path="batch-operations" element={<BatchOperationsPage />} />
        </Route>
        <Route path="processes/:id" element={<ProcessPage />} />
        <Route path="instances/:key" element={<InstancePage />} />
        <Route path="*" element={<NotFoundState backTo="/operations" />} />
      </Routes>
      <BatchToasts />
    </>
  );
}

function Lists() {
  return (
    <div>
      <nav className="sw-operations__places" aria-label="Operations">
        <NavLink to="/operations" end>
          Processes
        </NavLink>
        <NavLink to="/operations/instances">Instances</NavLink>
        <NavLink to="/operations/incidents">Incidents</NavLink>
        <NavLink to="/operations/batch-operations">Batch operations</NavLink>
      </nav>
      <Outlet />
    </div>
  );
}
