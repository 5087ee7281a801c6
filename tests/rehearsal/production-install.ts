import { readFileSync } from "node:fs";
import { copyFile, cp, link, mkdir, readdir } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { execForm, parseDockerfile, withBases } from "../fixtures/dockerfile.ts";
import { root } from "./deployment.ts";

export type Install = { folder: string; command: string[] };

type LockedPackage = { dev?: true; devOptional?: true; optional?: true; peer?: true; link?: true };

/** What the image's stages make and the server does not read: the list of packages, and the folder of the volume. */
const ONLY_IN_THE_IMAGE = ["sbom.cdx.json", "/volume/"];

/**
 * The folder that the Dockerfile's last stage makes, from what is on this machine: the build, and of node_modules
 * only the packages that `npm ci --omit=dev --omit=optional --omit=peer` would install, by the lock file. Node
 * comes along, so that another user may run it wherever the repository lies.
 */
export async function makeProductionInstall(folder: string): Promise<Install> {
  await mkdir(folder, { mode: 0o755 });
  const stages = parseDockerfile(readFileSync(`${root}Dockerfile`, "utf8"));
  const last = stages.at(-1)!;
  for (const { name, value } of last.instructions) {
    if (name !== "COPY") continue;
    for (const { from, source, target } of copiesOf(value)) {
      if (ONLY_IN_THE_IMAGE.includes(source)) continue;
      if (source === "node_modules") await installPackages(join(folder, target), from);
      else await place(join(root, source), join(folder, target));
    }
  }
  await mkdir(join(folder, "bin"));
  await linkOrCopy(process.execPath, join(folder, "bin/node"));
  const command = withBases(stages, last)
    .flatMap(({ instructions }) => instructions)
    .findLast(({ name }) => name === "CMD");
  const words = execForm(command?.value ?? "");
  if (!words) throw new Error("The Dockerfile's CMD is not in exec form.");
  return { folder, command: words };

  async function installPackages(target: string, stage: string | null) {
    const install = stages
      .find(({ name }) => name === stage)
      ?.instructions.find(({ value }) => value.includes("npm ci"))?.value;
    const omits = (kind: string) => install?.includes(`--omit=${kind}`) === true;
    if (!omits("dev") || !omits("optional") || !omits("peer")) {
      throw new Error("The Dockerfile's node_modules are not those that this rehearsal makes.");
    }
    const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")) as {
      packages: Record<string, LockedPackage>;
    };
    for (const [path, { dev, devOptional, optional, peer }] of Object.entries(packages)) {
      if (path === "" || dev || devOptional || optional || peer) continue;
      await linkTree(join(root, path), join(target, "..", path));
    }
  }
}

type Copy = { from: string | null; source: string; target: string };

/** `--from=build /app/public ./public`, or `a.json b.json ./`: each source, with paths within the folder of the app. */
function copiesOf(value: string): Copy[] {
  const words = value.split(" ");
  const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length) ?? null;
  const paths = words.filter((word) => !word.startsWith("--"));
  const target = paths.pop()!;
  return paths.map((path) => {
    const source = path.replace(/^\/app\//, "");
    return {
      from,
      source,
      target: target.endsWith("/") ? posix.join(target, posix.basename(source)) : target,
    };
  });
}

async function place(source: string, target: string) {
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { recursive: true });
}

/** A package without those inside it, which have their own entries in the lock file. */
async function linkTree(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const entry of await readdir(source, { withFileTypes: true })) {
    if (entry.name === "node_modules") continue;
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) await linkTree(from, to);
    else if (entry.isFile()) await linkOrCopy(from, to);
  }
}

async function linkOrCopy(source: string, target: string) {
  try {
    await link(source, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EXDEV" && code !== "EPERM" && code !== "EMLINK") throw error;
    await copyFile(source, target);
  }
}
