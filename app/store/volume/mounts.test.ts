import { describe, expect, it } from "vitest";
import { shortLifeOf } from "./mounts";

const DOCKER = `1005 842 0:94 / / rw,relatime master:307 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A:/var/lib/docker/overlay2/l/B,upperdir=/var/lib/docker/overlay2/f/diff,workdir=/var/lib/docker/overlay2/f/work
1006 1005 0:97 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1007 1005 0:98 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755,inode64
1009 1005 8:1 /var/lib/docker/containers/f/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/sda1 rw
1012 1005 8:1 /var/lib/docker/volumes/holdfast/_data /data rw,relatime master:1 - ext4 /dev/sda1 rw
1013 1005 8:1 /home/ada/my\\040data /srv/my\\040data rw,relatime - ext4 /dev/sda1 rw
1014 1005 0:99 / /scratch rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw`;

const PODMAN = `642 601 0:57 / / rw,relatime - fuse.fuse-overlayfs fuse-overlayfs rw,nodev,user_id=0,group_id=0,default_permissions,allow_other
643 642 0:59 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
650 642 0:34 /containers/storage/volumes/holdfast/_data /data rw,nosuid,nodev,relatime - btrfs /dev/mapper/luks rw,subvolid=257,subvol=/home
651 642 0:60 / /over rw,relatime - overlay overlay rw,lowerdir=/home/ada/data,upperdir=/tmp/u,workdir=/tmp/w`;

const FARGATE = `521 462 0:44 / / rw,relatime master:200 - overlay overlay rw,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/12/fs,upperdir=/u,workdir=/w
522 521 0:46 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
530 521 0:41 / /data rw,relatime master:190 - nfs4 127.0.0.1:/ rw,vers=4.1,rsize=1048576,wsize=1048576,namlen=255,hard,noresvport,proto=tcp,port=20049,timeo=600,retrans=2,sec=sys,clientaddr=127.0.0.1,local_lock=none,addr=127.0.0.1
531 521 259:3 /volumes/ephemeral /managed-agents rw,relatime - ext4 /dev/nvme1n1 rw`;

const KUBERNETES = `3311 3205 0:412 / / rw,relatime master:900 - overlay overlay rw,lowerdir=/a,upperdir=/b,workdir=/c
3320 3311 259:1 /var/lib/kubelet/pods/0a1b/volumes/kubernetes.io~empty-dir/data /data rw,relatime - xfs /dev/nvme0n1p1 rw
3321 3311 259:7 / /claim rw,relatime - ext4 /dev/nvme2n1 rw`;

const BTRFS_DRIVER = `200 150 0:50 /docker/subvolumes/7f /  rw - btrfs /dev/sda2 rw
201 150 0:50 /docker/subvolumes/7f / rw,relatime - btrfs /dev/sda2 rw,subvol=/docker/subvolumes/7f`;

const MICRO_VM = `27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
22 27 0:21 / /proc rw,relatime - proc proc rw`;

const LAPTOP = `29 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
30 29 0:27 / /tmp rw,nosuid,nodev shared:2 - tmpfs tmpfs rw
31 29 259:3 / /home rw,relatime shared:3 - ext4 /dev/nvme0n1p3 rw
90 29 0:60 / /var/lib/docker/overlay2/f/merged rw,relatime shared:9 - overlay overlay rw,lowerdir=/a,upperdir=/b,workdir=/c`;

const WSL = `63 70 8:32 / / rw,relatime - ext4 /dev/sdc rw,discard,errors=remount-ro,data=ordered
64 63 0:29 / /mnt/wsl rw,relatime shared:1 - tmpfs none rw
65 63 0:30 / /usr/lib/wsl/drivers ro,nosuid,nodev,noatime - 9p none ro,dirsync,aname=drivers;fmask=222,mmap
70 63 0:44 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;uid=1000,mmap,access=client`;

const cases: [
  where: string,
  mountinfo: string,
  path: string,
  isContainer: boolean,
  expected: string | null,
][] = [
  ["a folder in a Docker image", DOCKER, "/app/data", true, "container"],
  ["the folder that quotation marks make", DOCKER, '/app/"/data"', true, "container"],
  ["a folder beside a volume whose name begins like it", DOCKER, "/database", true, "container"],
  ["a Docker volume", DOCKER, "/data", true, null],
  ["a folder in a Docker volume", DOCKER, "/data/chat", true, null],
  ["a bind mount with a space in its name", DOCKER, "/srv/my data/chat", true, null],
  ["a tmpfs of Docker", DOCKER, "/scratch/data", true, "memory"],
  ["a folder in a rootless Podman container", PODMAN, "/app/data", true, "container"],
  ["a Podman volume", PODMAN, "/data", true, null],
  ["an overlay volume of Podman", PODMAN, "/over", true, "container"],
  ["EFS on Fargate", FARGATE, "/data", true, null],
  ["a Fargate task without its volume", FARGATE, "/app/data", true, "container"],
  ["an emptyDir of Kubernetes", KUBERNETES, "/data", true, "pod"],
  ["a claimed volume of Kubernetes", KUBERNETES, "/claim/chat", true, null],
  ["an image under Docker's btrfs driver", BTRFS_DRIVER, "/app/data", true, "container"],
  ["a virtual machine that was made of an image", MICRO_VM, "/app/data", true, null],
  ["a laptop", LAPTOP, "/home/ada/holdfast/data", false, null],
  ["a laptop's root", LAPTOP, "/srv/data", false, null],
  ["a laptop's /tmp in memory", LAPTOP, "/tmp/data", false, "memory"],
  ["a container's files, seen from its host", LAPTOP, "/var/lib/docker/overlay2/f/merged/x", false, null],
  ["WSL", WSL, "/home/ada/holdfast/data", false, null],
  ["a Windows drive in WSL", WSL, "/mnt/c/data", false, null],
  ["macOS, which has no such file", "", "/Users/ada/data", false, null],
  ["text that is none", "what is this\n - - -\n", "/data", true, null],
];

describe("how long files of a folder last", () => {
  it.each(cases)("whether files last in %s", (_, mountinfo, path, isContainer, expected) => {
    expect(shortLifeOf(mountinfo, path, isContainer)).toBe(expected);
  });
});
