// Unit tests run in Node: what they test has no DOM. Svelte's runes are compiled as they are for the browser.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
