import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` sends what the server answers; `manage.py up` prints its address. */
const server = process.env.STEPWELL_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: "dist",
    assetsDir: "assets",
    // Data URLs of scripts and fonts would need a wider content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2500,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/v2": server, "/login": { target: server, bypass: servePages }, "/logout": server },
  },
  css: { preprocessorOptions: { scss: { loadPaths: ["node_modules"], quietDeps: true } } },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "jsdom", testTimeout: 20_000 },
});

/** `/login` is a page for GET and the server's for POST. */
function servePages(request: { method?: string }): string | undefined {
  return request.method === "GET" ? "/index.html" : undefined;
}
