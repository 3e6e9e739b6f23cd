// The build of everything a browser gets: islands, the script of every page, one stylesheet. The server embeds `dist`
// and finds the hashed names through `.vite/manifest.json`.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/static/",
  publicDir: false,
  plugins: [svelte()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    target: ["es2022", "chrome109", "firefox115", "safari16.4"],
    // The policy of the pages allows no data: scripts or styles, and fonts are cached better as files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        call: "src/call/main.ts",
        check: "src/check/main.ts",
        operators: "src/operators/main.ts",
        log: "src/log/main.ts",
        player: "src/player/main.ts",
        passkeys: "src/passkeys/main.ts",
        rights: "src/rights/main.ts",
        page: "src/page.ts",
        main: "../styles/main.css",
      },
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
