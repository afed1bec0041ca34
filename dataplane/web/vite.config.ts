/** Build, development proxy and test runner: the three ways this folder is executed. */
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env["ERRATA_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  server: { proxy: { "/api": { target: server, changeOrigin: false } } },
  // Fonts stay files: a data: font would need a wider content security policy than 'self'.
  build: { outDir: "dist", assetsInlineLimit: 0, chunkSizeWarningLimit: 500 },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});
