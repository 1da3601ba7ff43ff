import { Button, SkeletonText } from "@carbon/react";
import { Error as ErrorIcon, Locked, Search } from "@carbon/icons-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { ApiError, reasonOf } from "@/api/problems";
import "./states.scss";

interface StateProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  /** The way on: usually a button. */
  action?: ReactNode;
  /** For a small place such as a side panel or a tab. */
  compact?: boolean;
}

/** The frame of all of them: an icon, what is so, why, and the way on. */
export function PageState({ icon, title, children, action, compact = false }: StateProps) {
  return (
    <section className={`sw-state${compact ? " sw-state--compact" : ""}`}>
      {icon && <div className="sw-state__icon">{icon}</div>}
      <h2 className="sw-state__title">{title}</h2>
      {children && <div className="sw-state__text">{children}</div>}
      {action && <div className="sw-state__action">{action}</div>}
    </section>
  );
}

/** Nothing is here, and that is fine. */
export function EmptyState(props: StateProps) {
  return <PageState {...props} />;
}

export function LoadingState({ label = "Loading", lines = 6 }: { label?: string; lines?: number }) {
  return (
    <div className="sw-state-loading" role="status" aria-label={label}>
      <SkeletonText heading width="30%" />
      <SkeletonText paragraph lineCount={lines} />
    </div>
  );
}

export function NotFoundState({ what = "page", backTo = "/", compact }: { what?: string; backTo?: string; compact?: boolean }) {
  return (
    <PageState
      icon={<Search size={32} />}
      title={`This ${what} does not exist`}
      compact={compact}
      action={<Link to={backTo}>Go back</Link>}
    >
      It may have been deleted, or the address is wrong.
    </PageState>
  );
}

export function NoPermissionState({ what = "this page", compact }: { what?: string; compact?: boolean }) {
  return (
    <PageState
      icon={<Locked size={32} />}
      title={`You may not see ${what}`}
      compact={compact}
      action={<Link to="/">Go to the start page</Link>}
    >
      Ask an administrator for access.
    </PageState>
  );
}

interface ErrorProps {
  error: unknown;
  /** What was asked for: "instance" gives "This instance does not exist". */
  what?: string;
  retry?: () => void;
  backTo?: string;
  compact?: boolean;
}

/** The state that fits what was thrown: not found, no permission, or the failure with its reason and a way to try again. */
export function ErrorState({ error, what = "page", retry, backTo, compact }: ErrorProps) {
  if (error instanceof ApiError && error.status === 404) return <NotFoundState what={what} backTo={backTo} compact={compact} />;
  if (error instanceof ApiError && error.status === 403) return <NoPermissionState what={`this ${what}`} compact={compact} />;
  const title = error instanceof ApiError ? error.problem.title : "Something went wrong";
  return (
    <PageState
      icon={<ErrorIcon size={32} />}
      title={title}
      compact={compact}
      action={
        retry && (
          <Button kind="tertiary" size="md" onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      {reasonOf(error)}
    </PageState>
  );
}
