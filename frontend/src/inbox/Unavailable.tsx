import { ApiError } from "@/api/problems";
import { EmptyState, ErrorState } from "@/shared/states";

/** A tab whose part of the server is not there. */
export function Unavailable({ error, what, retry }: { error: unknown; what: string; retry: () => void }) {
  if (error instanceof ApiError && error.status === 404) {
    return (
      <EmptyState compact title={`No ${what}`}>
        This server keeps no {what} of tasks.
      </EmptyState>
    );
  }
  return <ErrorState error={error} what={what} compact retry={retry} />;
}
