export { BatchDialog } from "./BatchDialog";
export { BatchOperationsPage } from "./BatchOperationsPage";
export { BatchToasts } from "./BatchToasts";
export { begin, follow, type Batch, type InstanceAction } from "./followed";
