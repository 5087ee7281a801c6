import { access, readFile, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { foreignNamesWarning, listForeignNames } from "~/store/volume/data-folder";
import { hasCode } from "~/store/volume/errno";
import { explainVolumeError } from "~/store/volume/explain-volume-error";
import type { Layout } from "~/store/documents/layout";
import { shortLifeOf, type ShortLife } from "~/store/volume/mounts";
import type { Volume } from "~/store/volume/volume";

type Options = {
  dataDir: string;
  volume: Pick<Volume, "list">;
  layout: Layout;
  env: Readonly<Record<string, string | undefined>>;
  log: { warn(details: object, message: string): void };
};

const LOST: Record<ShortLife, string> = {
  container:
    "is on the container's own file system: conversations are lost with the container. Mount a volume there",
  memory: "is a file system in memory: conversations are lost when the machine or the container restarts",
  pod: "is an emptyDir volume: conversations are lost with the pod. Claim a persistent volume",
};

/**
 * Ends the process where DATA_DIR names a place that can never be a folder, such as one below a file or in /proc. Not where
 * it may become usable, by a mount or by other permissions: the node waits for that, and is not ready. Never rejects.
 * @param end ends the process with a sentence
 */
export async function requireDataFolder(
  { dataDir, volume, layout }: Pick<Options, "dataDir" | "layout"> & { volume: Pick<Volume, "makeFolder"> },
  end: (problem: string) => void,
): Promise<void> {
  try {
    await volume.makeFolder(layout.sessions);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "EEXIST"))
      end(`DATA_DIR is ${resolve(dataDir)}: ${explainVolumeError(error)}. Choose another place.`);
  }
}

/** Warns at start of a data folder on storage that does not last, and of foreign files in it. Never rejects. */
export async function warnOfDataFolder({ dataDir, volume, layout, env, log }: Options): Promise<void> {
  try {
    const names = await listForeignNames(volume, layout);
    if (names.length > 0) log.warn({}, foreignNamesWarning(names));
    // After the volume has answered: a path on a hanging volume would block a thread.
    const mountinfo = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
    const life = shortLifeOf(mountinfo, await realPath(resolve(dataDir)), await isContainer(env));
    if (life) log.warn({ dataDir: resolve(dataDir) }, `DATA_DIR ${LOST[life]}`);
  } catch {
    // The volume's probe logs why it cannot be read, and when it can be read again.
  }
}

/** The real path of a folder, also of one that does not exist yet. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT") || path === "/") throw error;
    const parent = await realPath(dirname(path));
    return `${parent === "/" ? "" : parent}${path.slice(path.lastIndexOf("/"))}`;
  }
}

/**
 * Detects Docker, Podman, ECS and Kubernetes. A system container (LXC) counts as a machine: its root file system
 * lasts.
 */
async function isContainer(env: Options["env"]): Promise<boolean> {
  if (env.ECS_CONTAINER_METADATA_URI_V4 || env.KUBERNETES_SERVICE_HOST) return true;
  const signs = ["/.dockerenv", "/run/.containerenv"].map((path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(signs)).includes(true);
}
