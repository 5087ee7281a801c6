import { join } from "node:path";
import type { Layout } from "./layout";
import { errorCode, type Volume } from "./volume";

export type VolumeState = { usable: true } | { usable: false; reason: string };

export type VolumeProbeOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot: the names of its own test files. */
  instance: string;
  now: () => number;
  /** How long one answer serves, in milliseconds: many may ask, the volume is asked seldom. */
  freshMs?: number;
};

/** Tells whether the volume can be written the way that a commit writes it. Never throws. */
export function createVolumeProbe({ volume, layout, instance, now, freshMs = 2_000 }: VolumeProbeOptions) {
  let asked: { at: number; state: Promise<VolumeState> } | null = null;
  const temporary = join(layout.nodes, `${instance}.probe`);
  const linked = join(layout.nodes, `${instance}.probe-link`);

  async function probe(): Promise<VolumeState> {
    try {
      await volume.makeFolder(layout.sessions);
      await volume.makeFolder(layout.nodes);
      await Promise.all([temporary, linked].map(remove));
      await volume.writeNew(temporary, instance);
      await volume.link(temporary, linked);
      await volume.link(temporary, linked).then(
        () => Promise.reject(new Error("a second link() to one name succeeded")),
        (error: unknown) => {
          if (errorCode(error) !== "EEXIST") throw error;
        },
      );
      await volume.syncFolder(layout.nodes);
      await Promise.all([temporary, linked].map(remove));
      return { usable: true };
    } catch (error) {
      return { usable: false, reason: explain(error) };
    }
  }

  async function remove(path: string) {
    await volume.unlink(path).catch((error: unknown) => {
      if (errorCode(error) !== "ENOENT") throw error;
    });
  }

  return {
    state(): Promise<VolumeState> {
      if (!asked || now() - asked.at > freshMs) asked = { at: now(), state: probe() };
      return asked.state;
    },
  };
}

function explain(error: unknown): string {
  const code = errorCode(error);
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "it may not be written by this user, or its file system has no hard links";
    case "EROFS":
      return "it is mounted read-only";
    case "ENOSPC":
    case "EDQUOT":
      return "it is full";
    case "ENOTSUP":
    case "ENOSYS":
    case "EOPNOTSUPP":
      return "its file system has no hard links, which commits need";
    case "ENOTDIR":
    case "EEXIST":
      return "a file stands where a folder should be";
    case "volume_unavailable":
      return "it gives no answer";
    default:
      return code ?? (error as Error).message;
  }
}
