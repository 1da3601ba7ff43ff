/** Where to go after signing in: the page that was asked for, if it is one of ours. */
export function placeAfterLogin(next: string | null): string {
  if (!next) return "/";
  const origin = window.location.origin;
  const url = new URL(next, origin);
  if (url.origin !== origin || !next.startsWith("/") || url.pathname === "/login") return "/";
  return url.pathname + url.search + url.hash;
}
