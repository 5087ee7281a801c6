import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, test } from "vitest";
import { temporaryFolder } from "./fixtures/store/temporary-folder.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (name: string) => readFileSync(join(root, name), "utf8");
const manifest = JSON.parse(read("package.json")) as {
  engines: { node: string };
  scripts: Record<string, string>;
};
const { satisfies } = createRequire(import.meta.url)("semver") as {
  satisfies(version: string, range: string): boolean;
};

type Run = { code: number; stdout: string; stderr: string };

/** Runs start.sh with nothing in its environment but this. */
async function start(args: string[], env: Record<string, string>): Promise<Run> {
  try {
    const options = { cwd: root, env: env as NodeJS.ProcessEnv };
    return { code: 0, ...(await promisify(execFile)("/bin/sh", ["app/start.sh", ...args], options)) };
  } catch (error) {
    return error as Run;
  }
}

/** A PATH with a `node` that says it is of this version, and fails with options, as an old one does. */
function pathWith(version: string): string {
  const folder = temporaryFolder();
  const program = `#!/bin/sh\n[ -z "$NODE_OPTIONS" ] || exit 9\n[ "$1" = --version ] && echo ${version} || echo started\n`;
  writeFileSync(join(folder, "node"), program);
  chmodSync(join(folder, "node"), 0o755);
  return folder;
}

const realNode = dirname(process.execPath);

describe("a Node that cannot run Holdfast", () => {
  it.each([
    "v0.12.18",
    "v4.9.1",
    "v12.22.12",
    "v18.20.8",
    "v20.20.2",
    "v22.0.0",
    "v22.12.0",
    "v9.11.2",
    "viojs-v3.3.1",
    "v1",
    "vnext",
  ])("is refused before anything is loaded, in one sentence: %s", async (version) => {
    const refusal = `Holdfast needs Node.js 22.13 or later; this is ${version.slice(1)}.\n`;
    for (const args of [["node", "build/index.js"], []]) {
      const env = { PATH: pathWith(version), NODE_OPTIONS: "--max-old-space-size=300" };
      expect(await start(args, env)).toMatchObject({ code: 1, stdout: "", stderr: refusal });
    }
  });

  it("is told from none at all", async () => {
    expect(await start(["node"], { PATH: temporaryFolder() })).toMatchObject({
      code: 1,
      stderr: "Holdfast needs Node.js 22.13 or later; there is none on the PATH.\n",
    });
  });

  it.each(["v22.13.0", "v22.23.3", "v24.0.0", "v26.1.0", "v100.2.0", "v27.0.0-nightly20270101abcdef"])(
    "is not %s",
    async (version) => {
      expect(await start([], { PATH: pathWith(version) })).toEqual({ code: 0, stdout: "", stderr: "" });
    },
  );
});

test("every script for users refuses such a Node before it does anything", () => {
  for (const name of ["dev", "build", "start", "test", "cluster", "check-volume"]) {
    expect(manifest.scripts[name], name).toMatch(/^([A-Z_]+=\S+ )*(exec )?sh app\/start\.sh( |$)/);
  }
});

describe("the environment of the server", () => {
  const names = ["PORT", "NODE_OPTIONS", "UV_THREADPOOL_SIZE", "MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_"];
  const print = `console.log(${JSON.stringify(names)}.map((name) => process.env[name]).join("|"))`;
  const settings = async (env: Record<string, string>) =>
    (await start(["node", "-e", print], { PATH: realNode, ...env })).stdout.trimEnd().split("|");

  it("has the settings of start.sh where it has none", async () => {
    const ours = ["3000", "--max-semi-space-size=16", "16", "2", "131072"];
    expect(await settings({})).toEqual(ours);
    expect(await settings(Object.fromEntries(names.map((name) => [name, ""])))).toEqual(ours);
  });

  it("keeps what its user has set, options of Node beside ours", async () => {
    const options = "--max-old-space-size=300 --no-deprecation";
    expect(
      await settings({
        PORT: "8080",
        NODE_OPTIONS: options,
        UV_THREADPOOL_SIZE: "32",
        MALLOC_ARENA_MAX: "4",
        MALLOC_MMAP_THRESHOLD_: "65536",
      }),
    ).toEqual(["8080", `--max-semi-space-size=16 ${options}`, "32", "4", "65536"]);
  });

  it("lets an option of the user win over ours of the same name", async () => {
    // The limit of the heap counts the semi-spaces in.
    const limit = "console.log(require('v8').getHeapStatistics().heap_size_limit)";
    const heap = async (options: string) =>
      Number((await start(["node", "-e", limit], { PATH: realNode, NODE_OPTIONS: options })).stdout);
    const base = "--max-old-space-size=100";
    expect(await heap(`${base} --max-semi-space-size=64`)).toBeGreaterThan(await heap(base));
  });
});

test("start.sh gives its place to the command: signals reach it, and its exit code is the command's", async () => {
  const program =
    "process.once('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1e6); console.log(process.pid)";
  const child = spawn("/bin/sh", ["app/start.sh", "node", "-e", program], {
    cwd: root,
    env: { NODE_ENV: "production", PATH: realNode },
  });
  const [said] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  expect(Number(said)).toBe(child.pid);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([7, null]);
});

describe("the version of Node that is asked for", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { engines?: { node?: string }; optional?: true }>;
  };
  /** npm says nothing of optional packages: it leaves them out. */
  const takenByAll = (version: string) =>
    Object.values(packages).every(({ engines, optional }) => {
      // Old packages have a list in place of an object, of which npm takes no notice.
      const range = optional || Array.isArray(engines) ? undefined : engines?.node;
      return range === undefined || satisfies(version, range);
    });

  it("is the least release that all packages take, so that npm ci warns of none", () => {
    expect([takenByAll("22.13.0"), takenByAll("22.12.0")]).toEqual([true, false]);
    for (const version of ["22.99.0", "24.0.0", "24.99.0", "26.0.0", "28.0.0"]) {
      expect([version, takenByAll(version)]).toEqual([version, true]);
    }
  });

  it("is the same in package.json, app/start.sh and the README", () => {
    expect(satisfies("22.13.0", manifest.engines.node)).toBe(true);
    expect(satisfies("22.12.0", manifest.engines.node)).toBe(false);
    expect(read("app/start.sh")).toMatch(/LEAST_MAJOR=22\nLEAST_MINOR=13\n/);
    expect(read("README.md")).toContain("With Node 22.13 or newer");
  });
});
