import { ConfigError, misspeltVariables, parseConfig } from "~/config.server";
import { withBases, type Instruction, type Stage } from "../../fixtures/dockerfile.ts";
import type { DockerfileRule } from "./dockerfile-rules.ts";
import type { Found } from "../problem.ts";
import { words } from "../words.ts";

const INSTRUCTIONS = words(`
    ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME
    WORKDIR`);
/** What the server and its tools load, each as it ends a source of COPY. */
const LOADED = words(`
    node_modules package.json app/start.sh public build/index.js build/check-volume.js build/verify-restore.js
    build/print-usage.js build/mermaid`);
/** What `npm run build` reads. */
const BUILT_FROM = ["app", "public", "package.json", "package-lock.json", "remix.config.js", "tsconfig.json"];
/** What must not get into an image, nor into the cache of its build. */
const PRIVATE = [".env", "copilot/.env", ".git", ".npmrc", "data", "node_modules"];

/** What COPY and ADD take from the folder of the build, without their options and without their target. */
function sourcesOf({ name, value }: Instruction): string[] {
  if (name !== "COPY" && name !== "ADD") return [];
  const words = value.split(" ").filter((word) => !word.startsWith("--"));
  return words.slice(0, -1);
}

/** Rules of the stages: whether they build what the last one copies, and whether that is all that runs. */
export function stageRules(stages: Stage[], env: Readonly<Record<string, string>>): DockerfileRule[] {
  const last = stages.at(-1)!;
  const all = stages.flatMap((stage) => stage.instructions);
  const origins = all.flatMap(({ value }) => /--from=(\S+)/.exec(value)?.[1] ?? []);
  const loaded = last.instructions.flatMap(sourcesOf);
  const builders = stages.filter((stage) => runs(stage, /npm run build\b/) >= 0);
  const rules: [instruction: string, rule: string, holds: boolean][] = [
    [
      "(file)",
      "has no instruction that Docker does not know",
      all.every(({ name }) => INSTRUCTIONS.includes(name)),
    ],
    [
      "COPY",
      "copies from stages that it has",
      origins.every((from) => /[/:]|^\d+$/.test(from) || stages.some(({ name }) => name === from)),
    ],
    [
      "COPY",
      `has all that the server and its tools load: ${LOADED.join(", ")}`,
      LOADED.every((what) => loaded.some((source) => `/${source}`.endsWith(`/${what}`))),
    ],
    [
      "WORKDIR",
      "runs in /app, where its command finds its files",
      withBases(stages, last)
        .flatMap(({ instructions }) => instructions)
        .findLast(({ name }) => name === "WORKDIR")?.value === "/app",
    ],
    [
      "RUN",
      "copies the build from a stage that runs npm run build",
      builders.some(({ name }) =>
        last.instructions.some(({ value }) => value.includes(`--from=${name} /app/build/index.js`)),
      ),
    ],
    [
      "ENV",
      "builds with devDependencies, which NODE_ENV=production leaves out",
      !builders.some((stage) =>
        withBases(stages, stage).some(({ instructions }) =>
          instructions.some(({ name, value }) => name === "ENV" && /NODE_ENV[= ]"?production/.test(value)),
        ),
      ),
    ],
    [
      "COPY",
      "has the lock file where npm ci reads it",
      stages.every((stage) => {
        const install = runs(stage, /npm ci\b/);
        const before = stage.instructions.slice(0, Math.max(install, 0)).flatMap(sourcesOf);
        return (
          install < 0 ||
          before.some((source) => /^(\.|(\.\/)?package(-lock|\*)\.json|package\*)$/.test(source))
        );
      }),
    ],
    [
      "ENV",
      "sets variables as the app reads them, by name and value",
      misspeltVariables(env).length === 0 && isConfiguration(env),
    ],
  ];
  return rules.filter(([, , holds]) => !holds).map(([instruction, rule]) => ({ instruction, rule }));
}

/** Where a stage first runs something, -1 where it does not. */
function runs(stage: Stage, what: RegExp): number {
  return stage.instructions.findIndex(({ name, value }) => name === "RUN" && what.test(value));
}

function isConfiguration(env: Readonly<Record<string, string>>): boolean {
  try {
    parseConfig(env);
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

/** Whether .dockerignore lets in what the build reads, and nothing private. */
export function ignoreProblems(ignore: string | undefined, stages: Stage[], found: Found) {
  if (ignore === undefined)
    return found("(file)", `is missing: ${PRIVATE.join(", ")} get into the build's cache`);
  const patterns = ignore
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const own = stages
    .flatMap((stage) => stage.instructions)
    .filter(({ value }) => !value.includes("--from="))
    .flatMap(sourcesOf)
    .filter((source) => !/^\.\/?$|[*?]|^https?:/.test(source));
  for (const path of new Set([...own, ...BUILT_FROM])) {
    if (isIgnored(path, patterns))
      found(path, "is left out, so that the image is not built: let it in by a line with ! before");
  }
  for (const path of PRIVATE) {
    if (!isIgnored(path, patterns)) found(path, "gets into the build's cache: leave it out");
  }
}

/** Docker takes the last pattern that matches the path or a folder that it is in. */
function isIgnored(path: string, patterns: readonly string[]): boolean {
  const parts = path.replace(/^\.?\//, "").split("/");
  const paths = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  const last = patterns.findLast((pattern) =>
    paths.some((each) => matcherOf(pattern.replace(/^!/, "")).test(each)),
  );
  return last !== undefined && !last.startsWith("!");
}

const WILDCARDS: Readonly<Record<string, string>> = {
  "**/": "(?:.*/)?",
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
};

function matcherOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/^\.?\/+|\/+$/g, "")
    .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
    .replaceAll(/\*\*\/?|\*|\?/g, (wildcard) => WILDCARDS[wildcard]!);
  return new RegExp(`^${source}$`);
}
