import { defineConfig } from "vitest/config";

/** Every asset is a file of its own origin: nothing inlined, so a strict CSP holds. */
export default defineConfig({
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  test: { css: true },
});
