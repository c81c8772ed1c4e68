import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const WORTH_IT = 1024; // bytes; below this a compressed copy saves nothing

// The web server hands out what is compressed already: it has better things to do with its processor.
function compressed() {
  let folder = "";
  return {
    name: "hilo-compressed",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const content = readFileSync(path);
        if (content.length < WORTH_IT) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: 10 };
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

// `npm run dev` beside a running Hilo: the pages reload as they are edited, everything else is Hilo's.
const address = process.env.HILO ?? "http://127.0.0.1:8000";
// The session's cookie is of use to Hilo's own pages alone, which these pretend to be.
const behind = { target: address, changeOrigin: true, headers: { origin: address } };

export default defineConfig({
  plugins: [react(), compressed()],
  build: {
    outDir: process.env.HILO_PAGES_OUT ?? "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0, // a data: address would need a hole in the content security policy
    modulePreload: { polyfill: false }, // it is an inline script in disguise, and every browser we serve has its own
    target: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark()
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/docs", "/redoc", "/openapi.json", "/health", "/favicon.svg"].map((path) => [path, behind]),
    ),
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
