import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The bundle goes where the Python package serves it from; hatch_build.py stamps it with a digest.
// XIETONG_API: a running `xietong serve` for development (npm run dev).
const api = process.env["XIETONG_API"] ?? "http://127.0.0.1:8010";

export default defineConfig({
  base: "/",
  plugins: [react()],
  server: { port: 5173, proxy: { "/api": api } },
  preview: { port: 4173, proxy: { "/api": api } },
  build: {
    outDir: process.env["XIETONG_UI_OUT"] ?? "../src/xietong/app/static",
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: {
      output: {
        // MapLibre's worker is an .mjs, which some servers do not know as JavaScript; a worker of another type is refused.
        assetFileNames: (asset) => (asset.names[0]?.endsWith(".mjs") ? "assets/[name]-[hash].js" : "assets/[name]-[hash][extname]"),
      },
    },
    chunkSizeWarningLimit: 1300, // MapLibre is one lazily loaded chunk of this size
  },
});
