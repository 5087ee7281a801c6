import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Files } from "./problem.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The files that a deployment is made of, as they are in the repository. */
export function readFiles(): Files {
  const paths = [
    "Dockerfile",
    ".dockerignore",
    "copilot/.workspace",
    ...globSync("copilot/**/*.{yml,yaml}", { cwd: root }).map((path) => path.replaceAll("\\", "/")),
  ];
  return Object.fromEntries(paths.map((path) => [path, readFileSync(`${root}${path}`, "utf8")]));
}
