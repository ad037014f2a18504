// How Vite builds the page into console/dist, and serves it in development in front of a running api.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    // ECharts is one lazy chunk of about 550 kB; everything of the first load stays below.
    chunkSizeWarningLimit: 900,
  },
});
