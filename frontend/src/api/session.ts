import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import type { Schemas } from "./contract";
import type { ApiError } from "./problems";
import { queryClient } from "./queries";
import { send } from "./sending";

/** Who is signed in, as `GET /v2/authentication/me` tells it. */
export type CurrentUser = Schemas["CurrentUserResult"];

const KEY = ["authentication", "me"];

export function useCurrentUser() {
  return useQuery<CurrentUser, ApiError>({
    queryKey: KEY,
    queryFn: ({ signal }) => api.get("/v2/authentication/me", { signal }),
    staleTime: 60_000,
  });
}

export function useIsAdmin(): boolean {
  return useCurrentUser().data?.roles?.includes("admin") ?? false;
}

/** Throws `ApiError` with status 401 when name or password are wrong. */
export async function signIn(username: string, password: string): Promise<void> {
  // The first answer of the server sets the CSRF cookie; a fresh browser has none yet.
  await send("GET", "/v2/authentication/me", { allowUnauthorized: true }).catch(() => undefined);
  await send("POST", "/login", { body: new URLSearchParams({ username, password }), allowUnauthorized: true });
  queryClient.clear();
}

export async function signOut(): Promise<void> {
  await send("POST", "/logout");
  queryClient.clear();
}
