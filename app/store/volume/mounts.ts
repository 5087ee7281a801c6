/** Why what is written to a folder does not last. */
export type ShortLife = "container" | "memory" | "pod";

type Mount = { point: string; root: string; type: string };

/** File systems that are made of layers; the topmost is a container's own. */
const LAYERED = /^(overlay|aufs|fuse\.fuse-overlayfs|unionfs)$/;
/** File systems of which a container's root can be a snapshot. */
const SNAPSHOTS = /^(btrfs|zfs)$/;
const IN_MEMORY = /^(tmpfs|ramfs)$/;
/** Where the kubelet keeps volumes that live as long as their pod. */
const EMPTY_DIR = "/kubernetes.io~empty-dir/";

/**
 * Whether what is written to a folder is lost with its container, its pod or at a restart of the machine; null where
 * it lasts, or where nothing is known.
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
  // A root of its own kind may be a disk: virtual machines are made of images, too, and keep their sign.
  return LAYERED.test(mount.type) || (mount.point === "/" && SNAPSHOTS.test(mount.type)) ? "container" : null;
}

/** The nearest one above; of several in one place the last, which lies over the others. */
function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts
    .filter(({ point }) => point === "/" || path === point || path.startsWith(`${point}/`))
    .reduce<Mount | undefined>(
      (nearest, mount) => (nearest && nearest.point.length > mount.point.length ? nearest : mount),
      undefined,
    );
}

/** `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw`; before the dash are any number of fields. */
function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const [, , , root, point] = before?.split(" ") ?? [];
    const [type] = after?.split(" ") ?? [];
    return root && point && type ? [{ root: unescaped(root), point: unescaped(point), type }] : [];
  });
}

/** Spaces, tabs, line ends and backslashes are written as octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
