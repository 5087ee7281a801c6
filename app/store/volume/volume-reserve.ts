import { randomBytes } from "node:crypto";
import { errorCode, isFull, unlessGone } from "./errno";
import type { Volume, VolumeGuard, VolumeReserve } from "./volume";

export type FilledReserve = VolumeReserve & {
  /** Makes the pieces that are missing, as far as there is room. Costs nothing where none is known to be missing. */
  refill(): Promise<void>;
};

export type VolumeReserveOptions = {
  /** Without a guard and in slots of its own, for a piece is given back in the middle of another operation. */
  volume: Volume;
  guard: Pick<VolumeGuard, "confirm">;
  folder: string;
};

/** Bytes and inodes: on a file system of some megabytes each file is smaller, so that all are a sixteenth of it. */
const PIECES = 16;
const MAX_PIECE_BYTES = 256 * 1024;
const PAGE_BYTES = 4_096;

/**
 * Files that hold nothing but room. Where a volume is full they are given back one by one to what frees room or ends
 * something, so that people can delete: the commit that says that a session is deleted is itself a new file. Shared
 * by all nodes; which of them gives back or makes a piece does not matter.
 */
export function createVolumeReserve({ volume, guard, folder }: VolumeReserveOptions): FilledReserve {
  let isShort = true;
  let refilling: Promise<void> | null = null;

  async function release(): Promise<boolean> {
    isShort = true;
    for (const name of await volume.list(folder).catch(noNames)) {
      try {
        await volume.unlink(`${folder}/${name}`);
        return true;
      } catch (error) {
        // Another node has given that one back.
        if (errorCode(error) !== "ENOENT") return false;
      }
    }
    return false;
  }

  async function fill() {
    // Its first word makes the folder.
    await guard.confirm(0);
    const { freeBytes } = await volume.space(folder);
    const share = Math.floor(freeBytes / (16 * PIECES) / PAGE_BYTES) * PAGE_BYTES;
    // Of no pattern, so that no file system stores it in less room.
    const bytes = randomBytes(Math.max(PAGE_BYTES, Math.min(MAX_PIECE_BYTES, share)));
    const present = new Set(await volume.list(folder));
    for (let piece = 0; piece < PIECES; piece++) {
      const name = String(piece).padStart(2, "0");
      if (present.has(name)) continue;
      await guard.confirm(0);
      await volume.writeNew(`${folder}/${name}`, bytes).catch((error: unknown) => {
        if (errorCode(error) !== "EEXIST") throw error;
      });
    }
    isShort = false;
  }

  return {
    release,
    async refill() {
      if (!isShort) return;
      refilling ??= fill().finally(() => (refilling = null));
      await refilling.catch((error: unknown) => {
        if (!isFull(error)) throw error;
      });
    },
  };
}

function noNames(error: unknown): string[] {
  unlessGone(error);
  return [];
}
