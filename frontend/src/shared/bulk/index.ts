export { BulkDialog } from "./BulkDialog";
export { forEach, type Outcome } from "./each";
