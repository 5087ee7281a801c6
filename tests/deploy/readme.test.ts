import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CONFIG_VARIABLES } from "~/config.server";
import { checkDeployment } from "./check-deployment.ts";
import { isObject, type Json, type JsonObject } from "./parse-yaml.ts";
import { MANIFEST } from "./problem.ts";
import { readFiles } from "./read-files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(`${root}copilot/README.md`, "utf8");
const main = readFileSync(`${root}README.md`, "utf8");
const files = readFiles();

/** Names in capitals that are no variables of the app. */
const OTHER_NAMES = new Set("AWS_PROFILE REPOSITORY VERSION COMMIT".split(" "));

describe("copilot/README.md", () => {
  test("names only files that exist", () => {
    const named = [...readme.matchAll(/`(copilot\/[\w./-]+)`/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(root + path))).toEqual([]);
    const linked = [...readme.matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)/g)].map(([, path]) => path!);
    expect(linked.filter((path) => path !== "" && !existsSync(`${root}copilot/${path}`))).toEqual([]);
  });

  test("names every file of a deployment", () => {
    const own = Object.keys(files).filter((path) => path.startsWith("copilot/"));
    expect(own.filter((path) => !readme.includes(`\`${path}\``))).toEqual([]);
  });

  test("links only to headings that exist", () => {
    const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, title]) => slug(title!));
    const linked = [...readme.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor!);
    expect(linked.filter((anchor) => !headings.includes(anchor))).toEqual([]);
  });

  test("names only variables that the app reads", () => {
    const named = new Set(
      [...readme.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|MODELS|PORT|METRICS)`/g)].map(([, name]) => name!),
    );
    const unknown = [...named].filter((name) => !CONFIG_VARIABLES.includes(name) && !OTHER_NAMES.has(name));
    expect(named.size).toBeGreaterThan(5);
    expect(unknown).toEqual([]);
  });

  test("explains every variable that the manifest sets", () => {
    const { variables } = parse(files[MANIFEST]!) as { variables: Record<string, string> };
    expect(Object.keys(variables).filter((name) => !readme.includes(`| \`${name}\``))).toEqual([]);
  });

  test("runs only scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { scripts: object };
    const run = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
  });

  const snippets = [...readme.matchAll(/```yaml\n# (\S+)\n([^]*?)```/g)].map(
    ([, file, yaml]) => [file!, yaml!] as const,
  );
  test("has snippets", () => expect(snippets.length).toBeGreaterThan(3));
  test.each(snippets)("has a snippet for %s that fits", (file, yaml) => {
    const changed = over(parse(files[file]!) as JsonObject, parse(yaml) as JsonObject);
    const problems = checkDeployment({ ...files, [file]: JSON.stringify(changed) });
    // An alias for one environment needs no more than its own domain.
    expect(problems).toEqual([]);
  });
});

test("the main README links to it", () => {
  expect(main).toContain("(copilot/README.md)");
});

test("app/CONFIGURATION.md has every variable that the app reads, and no other", () => {
  const text = readFileSync(`${root}app/CONFIGURATION.md`, "utf8");
  const rows = [...text.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell!);
  const named = rows.flatMap((cell) => [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name!));
  expect(named.toSorted()).toEqual(CONFIG_VARIABLES.filter((name) => name !== "NODE_ENV").toSorted());
});

function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .trim()
    .replaceAll(/\s+/g, "-");
}

/** A snippet put into the manifest by hand: maps grow, and a file system is one's own or Copilot's. */
function over(base: JsonObject, snippet: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(snippet)) {
    const old: Json | undefined = base[key];
    merged[key] = key !== "efs" && isObject(old) && isObject(value) ? over(old, value) : value;
  }
  return merged;
}
