import { defineConfig } from "vite";

// Annotorious draws with a renderer that makes code from strings, which the page's content security
// policy forbids. Our own canvas draws all boxes, so its renderer may do nothing; Annotorious keeps
// drawing and editing shapes, which it does in SVG.
const RENDERER =
  /(\w+) = \w+\(\{\s*width: (\w+)\.width,\s*height: \2\.height,\s*backgroundAlpha: 0,\s*view: \2,\s*antialias: !0,\s*resolution: 2\s*\}\)/;

function annotoriousWithoutRenderer() {
  return {
    name: "annotorious-without-renderer",
    transform(code, id) {
      if (!id.endsWith("annotorious-openseadragon.es.js")) return undefined;
      if (!RENDERER.test(code)) throw new Error("Annotorious changed: its renderer is not found");
      return code.replace(RENDERER, "$1 = { render() {}, resize() {}, destroy() {} }");
    },
  };
}

export default defineConfig({
  plugins: [annotoriousWithoutRenderer()],
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: "../cli/tilescout_exports/web_files",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 2000,
    lib: {
      entry: "src/main.ts",
      formats: ["iife"],
      name: "TilescoutViewer",
      fileName: () => "viewer.js",
      cssFileName: "viewer",
    },
  },
});
