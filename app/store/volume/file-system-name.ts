/** Names of file systems by the magic numbers of Linux's statfs(2). */
const NAMES: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0xef53: "ext4",
  0x58465342: "XFS",
  0x9123683e: "btrfs",
  0x2fc12fc1: "ZFS",
  0xf2f52010: "F2FS",
  0x01021994: "tmpfs",
  0x794c7630: "overlayfs",
  0x65735546: "FUSE",
  0x01021997: "9p",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB",
  0x00c36400: "CephFS",
  0x0bd00bd0: "Lustre",
  0x4d44: "FAT",
  0x5346544e: "NTFS",
};

/** The name of a file system, or its number in hex where it is not known. @param type the `type` of statfs */
export function fileSystemName(type: number): string {
  // Some kernels report magic numbers above 2^31 as negative numbers.
  return NAMES[type >>> 0] ?? `unknown type 0x${(type >>> 0).toString(16)}`;
}

/** File systems that lose their files at a restart, with the reason. */
export const LOST_WITH_THE_MACHINE: Readonly<Record<string, string>> = {
  tmpfs: "it is in memory, and lost when the machine restarts",
  overlayfs: "it belongs to the container, and is lost with it unless a volume is mounted there",
};
