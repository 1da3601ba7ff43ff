const KEY = "stepwell.reloaded-for-build";
const AGAIN_AFTER_MS = 30_000;

/**
 * A section that is loaded late is missing when the server has got another build meanwhile: the page is loaded anew, with the
 * files of that build. Not a second time at once, for then something else is wrong, and the page says so.
 */
export function reloadForNewerBuild(): void {
  window.addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < AGAIN_AFTER_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    event.preventDefault();
    window.location.reload();
  });
}
