// `npm run dev`: the islands without a server of ours, with a made-up one in the page (fake.ts). For looking at
// screens while drawing them; nothing here is built into the product.
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  publicDir: false,
  plugins: [svelte({ configFile: fileURLToPath(new URL("../svelte.config.js", import.meta.url)) })],
  build: { rollupOptions: { input: [fileURLToPath(new URL("call.html", import.meta.url))] }, target: "es2022" },
  server: { port: 5199, strictPort: true, fs: { allow: ["../.."] } },
});
