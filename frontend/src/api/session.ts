import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import type { ApiError } from "./problems";
import { queryClient } from "./queries";

/** Who is signed in, as `GET /v2/authentication/me` tells it. */
export interface CurrentUser {
  username: string;
  displayName?: string | null;
  email?: string | null;
  groups?: string[];
  roles?: string[];
  authorizedComponents?: string[];
}

const KEY = ["authentication", "me"];

export function useCurrentUser() {
  return useQuery<CurrentUser, ApiError>({
    queryKey: KEY,
    queryFn: ({ signal }) => api.get<CurrentUser>("/v2/authentication/me", { signal }),
    staleTime: 60_000,
  });
}

export function useIsAdmin(): boolean {
  return useCurrentUser().data?.roles?.includes("admin") ?? false;
}

/** Throws `ApiError` with status 401 when name or password are wrong. */
export async function signIn(username: string, password: string): Promise<void> {
  // The first answer of the server sets the CSRF cookie; a fresh browser has none yet.
  await api.get("/v2/authentication/me", { allowUnauthorized: true }).catch(() => undefined);
  await api.post("/login", new URLSearchParams({ username, password }), { allowUnauthorized: true });
  queryClient.clear();
}

export async function signOut(): Promise<void> {
  await api.post("/logout");
  queryClient.clear();
}
