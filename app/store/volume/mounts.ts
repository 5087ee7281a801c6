/** Why files of a folder do not last: they are lost with the container, at a restart of the machine, or with the pod. */
export type ShortLife = "container" | "memory" | "pod";

type Mount = { point: string; root: string; type: string };

/** File systems made of layers, of which the topmost belongs to one container. */
const LAYERED = /^(overlay|aufs|fuse\.fuse-overlayfs|unionfs)$/;
/** File systems with snapshots, one of which can be a container's root. */
const SNAPSHOTS = /^(btrfs|zfs)$/;
const IN_MEMORY = /^(tmpfs|ramfs)$/;
/** Where the kubelet keeps volumes that live as long as their pod. */
const EMPTY_DIR = "/kubernetes.io~empty-dir/";

/**
 * Whether files of a folder are lost with its container, its pod or at a restart of the machine; null where they last,
 * or where nothing is known.
 * @param mountinfo the text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)); empty where the system has none
 * @param path the folder, absolute and without symbolic links
 * @param isContainer whether this process runs in a container of an image
 */
export function shortLifeOf(mountinfo: string, path: string, isContainer: boolean): ShortLife | null {
  const mount = mountOf(parseMounts(mountinfo), path);
  if (!mount) return null;
  if (mount.root.includes(EMPTY_DIR)) return "pod";
  if (IN_MEMORY.test(mount.type)) return "memory";
  if (!isContainer) return null;
  // Any other root may be a disk: a virtual machine made from a container image still looks like a container.
  return LAYERED.test(mount.type) || (mount.point === "/" && SNAPSHOTS.test(mount.type)) ? "container" : null;
}

/** The nearest mount at or above a path; of several at one point the last, which covers the others. */
function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts
    .filter(({ point }) => point === "/" || path === point || path.startsWith(`${point}/`))
    .reduce<Mount | undefined>(
      (nearest, mount) => (nearest && nearest.point.length > mount.point.length ? nearest : mount),
      undefined,
    );
}

/** `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw`; the number of fields before the dash varies. */
function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const [, , , root, point] = before?.split(" ") ?? [];
    const [type] = after?.split(" ") ?? [];
    return root && point && type ? [{ root: unescaped(root), point: unescaped(point), type }] : [];
  });
}

/** Decodes spaces, tabs, line ends and backslashes, which are written as octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
