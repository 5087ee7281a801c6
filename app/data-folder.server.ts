import { access, readFile, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { foreignNamesWarning, listForeignNames } from "~/store/volume/data-folder";
import type { Layout } from "~/store/sessions/layout";
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

/** Warns at start of a data folder that does not last, and of what is in it that is not Holdfast's. Never rejects. */
export async function warnOfDataFolder({ dataDir, volume, layout, env, log }: Options): Promise<void> {
  try {
    const names = await listForeignNames(volume, layout);
    if (names.length > 0) log.warn({}, foreignNamesWarning(names));
    // Only once the volume has answered: a path on one that hangs would hold a thread.
    const mountinfo = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
    const life = shortLifeOf(mountinfo, await realPath(resolve(dataDir)), await isContainer(env));
    if (life) log.warn({ dataDir: resolve(dataDir) }, `DATA_DIR ${LOST[life]}`);
  } catch {
    // Why it cannot be read is said by the volume's probe, which also says when it can be.
  }
}

/** Of a folder that is not there yet, the path that it will have. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || path === "/") throw error;
    const parent = await realPath(dirname(path));
    return `${parent === "/" ? "" : parent}${path.slice(path.lastIndexOf("/"))}`;
  }
}

/** Docker, Podman, ECS and Kubernetes each leave a sign. A system container (LXC) is a machine: its root lasts. */
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
