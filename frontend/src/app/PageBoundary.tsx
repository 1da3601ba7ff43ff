import { Button } from "@carbon/react";
import { Component, type ReactNode } from "react";
import { PageState } from "@/shared/states";

/** Catches what a page throws while it is drawn, a chunk that a newer version has replaced among it. */
export class PageBoundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <PageState title="This page has failed" action={<Button onClick={() => window.location.reload()}>Load it again</Button>}>
        {error.message}
      </PageState>
    );
  }
}
