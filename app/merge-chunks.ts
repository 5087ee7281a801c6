import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transform, type Metafile } from "esbuild";
import { rollup, type Plugin } from "rollup";
import { minify as terser } from "terser";

/**
 * Run after `remix build`: bundles its modules once more, so that a first visit loads two large files instead of forty
 * small ones. Remix's compiler makes a chunk for every set of entry points that share a module, so each part of the page
 * that is loaded later splits the code that is loaded first.
 *
 * What the page of conversations imports statically becomes two chunks: packages, which browsers keep when only the app
 * changes, and the app. What is imported dynamically stays in files of its own.
 */
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDER = "public/build/";
const SERVER = `${ROOT}build/index.js`;
/** The modules that Remix's inline script imports on the page of conversations. */
const FIRST = ["entry.client", "root", "routes/_index"];

type Files = { module: string; imports?: string[] };
type Manifest = { version: string; url?: string; entry: Files; routes: Record<string, Files> };

const { outputs } = JSON.parse(readFileSync(`${ROOT}build/metafile.js.json`, "utf8")) as Metafile;
const paths = Object.keys(outputs).filter((path) => path.endsWith(".js"));
const entries = new Map(
  paths
    .filter((path) => outputs[path]!.entryPoint && !path.startsWith(`${FOLDER}_shared/`))
    .map((path) => [nameOf(path), path]),
);
/** Routes without code for the browser: most. They share a file, since the manifest of a first visit names each. */
const [empty = "", ...alsoEmpty] = [...entries.values()].filter(hasNoCode);
const first = new Set<string>();
for (const name of FIRST) addWithImports(entries.get(name)!);

const bundle = await rollup({
  input: Object.fromEntries(
    [...entries].flatMap(([name, path]) => (alsoEmpty.includes(path) ? [] : [[name, ROOT + path]])),
  ),
  plugins: [resolveAddresses(), minify()],
});
const { output } = await bundle.generate({
  hashCharacters: "base36",
  entryFileNames: "[name]-[hash].js",
  chunkFileNames: ({ name }) => `_shared/${nameOf(name)}-[hash].js`,
  manualChunks: (id) => chunkOf(id.slice(ROOT.length)),
});
const chunks = output.filter((file) => file.type === "chunk");
for (const path of paths) rmSync(ROOT + path);
for (const { fileName, code } of chunks) writeFileSync(ROOT + FOLDER + fileName, code);
replaceManifest();

/** `routes/_index` for `public/build/routes/_index-A1B2C3D4.js`. */
function nameOf(path: string): string {
  return path.replace(FOLDER, "").replace(/-[A-Z0-9]{8}(\.js)?$/, "");
}

function hasNoCode(path: string): boolean {
  return Object.keys(outputs[path]!.inputs).every((file) => file.startsWith("browser-route-module:"));
}

function addWithImports(path: string): void {
  if (first.has(path)) return;
  first.add(path);
  for (const { kind, path: imported } of outputs[path]!.imports) {
    if (kind === "import-statement") addWithImports(imported);
  }
}

function chunkOf(path: string): string | undefined {
  if (!first.has(path)) return undefined;
  return Object.keys(outputs[path]!.inputs).every((file) => file.startsWith("node_modules/"))
    ? "packages"
    : "app";
}

/** The modules of the build import each other by their addresses. */
function resolveAddresses(): Plugin {
  return {
    name: "addresses",
    resolveId: (source) => (source.startsWith("/build/") ? `${ROOT}public${source}` : null),
  };
}

/** What a first visit loads is made a twentieth smaller than esbuild makes it, at fifty times the processor time. */
function minify(): Plugin {
  return {
    name: "minify",
    async renderChunk(code, { moduleIds }) {
      const isFirst = moduleIds.some((id) => first.has(id.slice(ROOT.length)));
      if (!isFirst) return (await transform(code, { minify: true, format: "esm", charset: "utf8" })).code;
      const compress = { passes: 2, ecma: 2020, keep_fargs: false } as const;
      return (await terser(code, { module: true, compress, format: { ecma: 2020 } })).code!;
    },
  };
}

/** Names the new files in the manifest: in the browser's file, and in the copy in the server's build. */
function replaceManifest(): void {
  const server = readFileSync(SERVER, "utf8");
  const [old] = /\/build\/manifest-(\w+)\.js/.exec(server)!;
  const text = readFileSync(`${ROOT}public${old}`, "utf8").replace(/^[^{]*|;$/g, "");
  const manifest = JSON.parse(text) as Manifest;
  for (const files of [manifest.entry, ...Object.values(manifest.routes)]) replaceFiles(files);
  manifest.version = createHash("sha256").update(JSON.stringify(manifest)).digest("hex").slice(0, 8);
  manifest.url = `/build/manifest-${manifest.version}.js`;
  const json = JSON.stringify(manifest);
  writeFileSync(`${ROOT}public${manifest.url}`, `window.__remixManifest=${json};`);
  writeFileSync(
    SERVER,
    server.replace(/^(var assets_manifest_default = ).*$/m, (_, start: string) => `${start}${json};`),
  );
  rmSync(`${ROOT}public${old}`);
}

function replaceFiles(files: Files): void {
  const path = `public${files.module}`;
  const id = ROOT + (alsoEmpty.includes(path) ? empty : path);
  const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId === id)!;
  files.module = `/build/${chunk.fileName}`;
  files.imports = chunk.imports.map((name) => `/build/${name}`);
}
