import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { buildSync } from "esbuild";

/** Mermaid is drawn in a frame of its own origin, which loads it as it is published: it takes no part in the build. */
function copyMermaid() {
  const source = new URL("node_modules/mermaid/", import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL("package.json", source), "utf8"));
  const target = new URL("build/mermaid/", import.meta.url);
  const chunks = "chunks/mermaid.esm.min/";
  rmSync(target, { recursive: true, force: true });
  mkdirSync(new URL(`${version}/${chunks}`, target), { recursive: true });
  const modules = readdirSync(new URL(`dist/${chunks}`, source)).filter((name) => name.endsWith(".mjs"));
  for (const name of ["mermaid.esm.min.mjs", ...modules.map((module) => chunks + module)]) {
    cpSync(new URL(`dist/${name}`, source), new URL(`${version}/${name}`, target));
  }
}

/** Commands of the operator's: in the image there is no source to run them from. */
function buildCommands() {
  const app = new URL("app", import.meta.url).pathname;
  buildSync({
    entryPoints: ["check-volume", "verify-restore", "print-usage"].map((name) => `${app}/${name}.ts`),
    outdir: new URL("build", import.meta.url).pathname,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node22",
    alias: { "~": app },
    logLevel: "warning",
  });
}

copyMermaid();
buildCommands();

/** @type {import('@remix-run/dev').AppConfig} */
export default {
  serverModuleFormat: "esm",
  serverPlatform: "node",
  ignoredRouteFiles: ["**/*.test.*", "**/.*"],
  future: {
    v3_fetcherPersist: true,
    v3_relativeSplatPath: true,
    v3_throwAbortReason: true,
    // Matches every part of the paths it is asked for: one request would take seconds.
    v3_lazyRouteDiscovery: false,
    v3_singleFetch: true,
  },
};
