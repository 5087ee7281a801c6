import { randomBytes } from "node:crypto";
import { hasCode, isFull, unlessGone, unlessTaken } from "./errno";
import type { Volume, VolumeGuard, VolumeReserve } from "./volume";

export type FilledReserve = VolumeReserve & {
  /** Makes the missing pieces, as far as there is room. Does nothing unless a piece may be missing. */
  refill(): Promise<void>;
};

export type VolumeReserveOptions = {
  /** Without a guard and with its own slots: a piece is released while another operation holds its slot. */
  volume: Volume;
  guard: Pick<VolumeGuard, "confirm">;
  folder: string;
};

/** The reserve is 16 files of 256 KiB; on a small file system smaller ones, a sixteenth of its free room in all. */
const PIECES = 16;
const MAX_PIECE_BYTES = 256 * 1024;
const PAGE_BYTES = 4_096;

/**
 * Files that only reserve room, bytes and inodes. On a full volume they are removed one by one for operations that free
 * room or end work: a deletion is itself a commit of a new file. Shared by all nodes; any node may remove or make a
 * piece.
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
        // ENOENT: another node has released that piece.
        if (!hasCode(error, "ENOENT")) return false;
      }
    }
    return false;
  }

  async function fill() {
    // The first confirmation makes the folder.
    await guard.confirm(0);
    const { freeBytes } = await volume.space(folder);
    const share = Math.floor(freeBytes / (16 * PIECES) / PAGE_BYTES) * PAGE_BYTES;
    // Random, so that no file system compresses it.
    const bytes = randomBytes(Math.max(PAGE_BYTES, Math.min(MAX_PIECE_BYTES, share)));
    const present = new Set(await volume.list(folder));
    for (let piece = 0; piece < PIECES; piece++) {
      const name = String(piece).padStart(2, "0");
      if (present.has(name)) continue;
      await guard.confirm(0);
      await volume.writeNew(`${folder}/${name}`, bytes).catch(unlessTaken);
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
