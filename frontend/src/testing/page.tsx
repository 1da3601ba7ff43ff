import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, configure, render } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import type { ReactElement } from "react";
import { MemoryRouter } from "react-router";
import { Notices } from "@/shared/notices";
import { afterEach, vi } from "vitest";

// jsdom lays nothing out, so nothing ever changes its size.
vi.stubGlobal(
  "ResizeObserver",
  class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
);

configure({ asyncUtilTimeout: 5_000 }); // the machine may be busy

afterEach(cleanup);

/** Shows a part of a page with what the shell gives to it: queries, addresses, notices. Returns the person's mouse and keyboard. */
export function show(element: ReactElement): UserEvent {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false }, mutations: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter>
        {element}
        <Notices />
      </MemoryRouter>
    </QueryClientProvider>,
  );
  return userEvent.setup();
}
