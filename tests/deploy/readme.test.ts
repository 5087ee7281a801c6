import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CONFIG_VARIABLES } from "~/config.server";
import { checkDeployment } from "./check-deployment.ts";
import { isObject, type Json, type JsonObject } from "./templates/parse-yaml.ts";
import { MANIFEST, type Files } from "./problem.ts";
import { readFiles } from "./read-files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PAGES = globSync("copilot/*.md", { cwd: root }).toSorted();
const pages = Object.fromEntries(PAGES.map((page) => [page, readFileSync(root + page, "utf8")]));
const readme = Object.values(pages).join("\n");
const main = readFileSync(`${root}README.md`, "utf8");
const files = readFiles();

const withAlias: Files = {
  ...files,
  [MANIFEST]: files[MANIFEST]!.replace(
    'path: "/"',
    'path: "/"\n  alias: chat-${COPILOT_ENVIRONMENT_NAME}.example.com',
  ),
};

/** Names in capitals that are no variables of the app. */
const OTHER_NAMES = new Set("AWS_PROFILE REPOSITORY VERSION COMMIT FORWARDED_IP NO_MATCH".split(" "));

describe("the pages in copilot/", () => {
  test("name only files that exist", () => {
    const named = [...readme.matchAll(/`(copilot\/[\w./-]+)`/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(10);
    const untracked = ["copilot/.env"];
    expect(named.filter((path) => !existsSync(root + path) && !untracked.includes(path))).toEqual([]);
    const linked = [...readme.matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)/g)].map(([, path]) => path!);
    expect(linked.filter((path) => path !== "" && !existsSync(`${root}copilot/${path}`))).toEqual([]);
  });

  test("are all linked from the first of them", () => {
    const others = PAGES.map((page) => page.replace("copilot/", "")).filter((name) => name !== "README.md");
    expect(others.filter((name) => !pages["copilot/README.md"]!.includes(`](${name})`))).toEqual([]);
  });

  test("name every file of a deployment", () => {
    const own = Object.keys(files).filter((path) => path.startsWith("copilot/"));
    expect(own.filter((path) => !readme.includes(`\`${path}\``))).toEqual([]);
  });

  test.each(PAGES)("link only to headings that exist: %s", (page) => {
    const anchors = [...pages[page]!.matchAll(/\]\(([\w.]*)#([^)]*)\)/g)].map(
      ([, name, anchor]) => [name === "" ? page : `copilot/${name!}`, anchor!] as const,
    );
    const missing = anchors.filter(([name, anchor]) => {
      const headings = [...(pages[name] ?? "").matchAll(/^#+ (.*)$/gm)].map(([, title]) => slug(title!));
      return name in pages && !headings.includes(anchor);
    });
    expect(missing).toEqual([]);
  });

  test("name only variables that the app reads", () => {
    const named = new Set(
      [...readme.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|MODELS|PORT|METRICS)`/g)].map(([, name]) => name!),
    );
    const unknown = [...named].filter((name) => !CONFIG_VARIABLES.includes(name) && !OTHER_NAMES.has(name));
    expect(named.size).toBeGreaterThan(5);
    expect(unknown).toEqual([]);
  });

  test("explain every variable that the manifest sets", () => {
    const { variables } = parse(files[MANIFEST]!) as { variables: Record<string, string> };
    expect(Object.keys(variables).filter((name) => !readme.includes(`| \`${name}\``))).toEqual([]);
  });

  test("run only scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { scripts: object };
    const run = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("give each template the names that it shares with others", () => {
    const deploys = [
      ...readme.matchAll(
        /aws cloudformation deploy (?:[^\n]*\\\n)*[^\n]*--template-file (?:[^\n]*\\\n)*[^\n]*/g,
      ),
    ].map(([command]) => command);
    expect(deploys.length).toBeGreaterThan(3);
    for (const command of deploys) {
      const [, file] = /--template-file (\S+)/.exec(command)!;
      const wanted = ["App", "AppName"].filter((name) => new RegExp(`^  ${name}:$`, "m").test(files[file!]!));
      expect(wanted.filter((name) => !command.includes(` ${name}=$APP`))).toEqual([]);
    }
  });

  const snippets = [...readme.matchAll(/```yaml\n# (\S+)\n([^]*?)```/g)].map(
    ([, file, yaml]) => [file!, yaml!] as const,
  );
  test("have snippets", () => expect(snippets.length).toBeGreaterThan(3));
  test.each(snippets)("have a snippet for %s that fits", (file, yaml) => {
    // A list is of patches, which follow the others. Those of HTTPS need a name.
    const isPatch = yaml.startsWith("- ");
    const base = /HTTPSListener/.test(yaml) && file.includes("/chat/") ? withAlias : files;
    const changed = isPatch
      ? `${base[file]!}\n${yaml}`
      : JSON.stringify(over(parse(base[file]!) as JsonObject, parse(yaml) as JsonObject));
    expect(checkDeployment({ ...base, [file]: changed })).toEqual([]);
  });
});

test("name every header of the page that a proxy must forward", () => {
  const sources = globSync("app/**/*.ts", { cwd: root, exclude: ["**/*.test.ts"] });
  const text = sources.map((file) => readFileSync(root + file, "utf8")).join("\n");
  const sent = new Set(
    [...text.matchAll(/"(x-(?:session|share|keyring|handoff)-id|x-file-name)"/gi)].map(([, name]) =>
      name!.toLowerCase(),
    ),
  );
  expect(sent.size).toBeGreaterThan(4);
  for (const page of [readme, main])
    expect([...sent].filter((name) => !page.toLowerCase().includes(`\`${name}\``))).toEqual([]);
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
