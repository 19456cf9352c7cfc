import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const target = process.env.AFTERWORD_URL ?? "http://localhost:8000";
// Page and API are one origin for the browser, so that the session cookie needs no CORS. The API compares the Origin of
// a request with its Host: the proxy must not change it.
const proxy = {
  "/v1": { target, changeOrigin: false },
  "^/calendar/.+\\.ics$": { target, changeOrigin: false },
};

export default defineConfig({
  // The client is taken from its source in this repository. Elsewhere: npm install afterword-client, and no alias.
  resolve: {
    alias: { "afterword-client": fileURLToPath(new URL("../../clients/typescript/src/index.ts", import.meta.url)) },
    dedupe: ["openapi-fetch"],
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy, strictPort: true, fs: { allow: [".", "../../clients/typescript/src"] } },
  preview: { proxy, strictPort: true },
});
