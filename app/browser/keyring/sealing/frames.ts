import type { KeyringCipher } from "./secret";

/**
 * The bytes that the server stores for a keyring, a chain of frames: a base with all that the keyring had, then the
 * changes since. Each frame is its length (4 bytes, big-endian), a nonce (24) and a ciphertext with its tag
 * (XChaCha20-Poly1305). What is authenticated with it: the keyring's id, the revision that the frame makes, and the tag
 * of the frame before. So a frame that was changed, moved, repeated, left out, or comes from another keyring or another
 * chain, does not open, and a chain that was cut at its end does not reach the revision that the server claims.
 */
export type Chain = {
  /** The revision that the last frame makes. */
  rev: number;
  /** The revision that the base makes. */
  baseRev: number;
  /** The tag of the last frame. */
  tag: Uint8Array;
  /** In bytes. */
  baseLength: number;
  length: number;
};

/** The frames were not sealed with this secret for this keyring, or are not those that were stored. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const LENGTH_BYTES = 4;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const SMALLEST = LENGTH_BYTES + NONCE_BYTES + TAG_BYTES;

type Sealed = { bytes: Uint8Array; chain: Chain };

/** A chain that consists of a base. @param rev the revision that storing it makes */
export function sealBase(cipher: KeyringCipher, rev: number, plain: Uint8Array): Sealed {
  const bytes = sealFrame(cipher, rev, null, plain);
  return {
    bytes,
    chain: { rev, baseRev: rev, tag: tagOf(bytes), baseLength: bytes.length, length: bytes.length },
  };
}

/** The frame to append to a chain, and the chain with it. */
export function sealChange(cipher: KeyringCipher, chain: Chain, plain: Uint8Array): Sealed {
  const bytes = sealFrame(cipher, chain.rev + 1, chain.tag, plain);
  const length = chain.length + bytes.length;
  return { bytes, chain: { ...chain, rev: chain.rev + 1, tag: tagOf(bytes), length } };
}

/**
 * The plain frames of a chain, the base first.
 * @param rev the revision that the server claims
 * @throws FrameError
 */
export function openChain(
  cipher: KeyringCipher,
  rev: number,
  bytes: Uint8Array,
): { plain: Uint8Array[]; chain: Chain } {
  const frames = split(bytes);
  const [base] = frames;
  if (!base) throw new FrameError("There is no frame.");
  const baseRev = rev - frames.length + 1;
  return openFrames(cipher, frames, {
    ...{ rev: baseRev - 1, baseRev, length: 0 },
    tag: null,
    baseLength: base.length,
  });
}

/**
 * The plain frames that were appended to a chain.
 * @throws FrameError
 */
export function openChanges(
  cipher: KeyringCipher,
  chain: Chain,
  rev: number,
  bytes: Uint8Array,
): { plain: Uint8Array[]; chain: Chain } {
  const frames = split(bytes);
  if (chain.rev + frames.length !== rev)
    throw new FrameError("These are not the frames up to this revision.");
  return openFrames(cipher, frames, chain);
}

function openFrames(
  cipher: KeyringCipher,
  frames: readonly Uint8Array[],
  from: Omit<Chain, "tag"> & { tag: Uint8Array | null },
): { plain: Uint8Array[]; chain: Chain } {
  let { rev, tag, length } = from;
  const plain = frames.map((frame) => {
    rev += 1;
    length += frame.length;
    try {
      const nonce = frame.subarray(LENGTH_BYTES, LENGTH_BYTES + NONCE_BYTES);
      const opened = cipher.open(nonce, bound(cipher, rev, tag), frame.subarray(LENGTH_BYTES + NONCE_BYTES));
      tag = tagOf(frame);
      return opened;
    } catch (cause) {
      throw new FrameError("A frame does not open.", { cause });
    }
  });
  if (!tag) throw new FrameError("There is no frame.");
  return { plain, chain: { ...from, rev, tag, length } };
}

function sealFrame(
  cipher: KeyringCipher,
  rev: number,
  before: Uint8Array | null,
  plain: Uint8Array,
): Uint8Array {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const ciphertext = cipher.seal(nonce, bound(cipher, rev, before), plain);
  const frame = new Uint8Array(LENGTH_BYTES + NONCE_BYTES + ciphertext.length);
  new DataView(frame.buffer).setUint32(0, frame.length);
  frame.set(nonce, LENGTH_BYTES);
  frame.set(ciphertext, LENGTH_BYTES + NONCE_BYTES);
  return frame;
}

function bound({ id }: KeyringCipher, rev: number, before: Uint8Array | null): Uint8Array {
  const place = new TextEncoder().encode(`holdfast keyring ${id} ${String(rev)} `);
  const data = new Uint8Array(place.length + (before?.length ?? 0));
  data.set(place);
  if (before) data.set(before, place.length);
  return data;
}

function tagOf(frame: Uint8Array): Uint8Array {
  return frame.slice(-TAG_BYTES);
}

/** @throws FrameError */
function split(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const length = at + SMALLEST <= bytes.length ? view.getUint32(at) : 0;
    if (length < SMALLEST || at + length > bytes.length) throw new FrameError("A frame is cut.");
    frames.push(bytes.subarray(at, at + length));
    at += length;
  }
  return frames;
}
