/** The memory that one request holds: bodies that arrive for it or wait to be sent. */
export type RequestMemory = {
  /** Counts `bytes` more, or fewer where negative. No effect after `cut` and `close`. */
  change(bytes: number): void;
  /** Bytes held at the moment. */
  bytes(): number;
  /** Destroys the connection. Its bytes count no longer. */
  cut(): void;
  /** To be called when the connection has closed. */
  close(): void;
};

export type HeldRequest = {
  address: string;
  /** For how long the sender of its body has been too slow, in milliseconds. */
  stalledMs: () => number;
  /** Destroys the connection. */
  destroy: () => void;
};

export type HeldBytes = {
  /** Begins to count for a request. */
  open(request: HeldRequest): RequestMemory;
  /** Cuts connections until no more than `maxBytes` are held. */
  makeRoom(): void;
};

type Held = HeldRequest & { bytes: number; isCut: boolean };

/** A body that has made no progress for this long is the first to be cut, in milliseconds. */
const STALLED_MS = 1_000;

/**
 * Bounds the memory that all requests hold together. Over the bound, the request whose body has stalled longest is
 * cut. Where none has, the address that holds most loses its oldest request, so that other addresses do not pay for it.
 * @param maxBytes bytes that all requests together may hold
 * @param onCut called before a connection is cut
 */
export function createHeldBytes(maxBytes: number, onCut: () => void): HeldBytes {
  /** In the order in which they began. */
  const open = new Set<Held>();
  let total = 0;

  function cut(held: Held) {
    total -= held.bytes;
    held.bytes = 0;
    held.isCut = true;
    held.destroy();
  }

  return {
    open(request) {
      const held: Held = { ...request, bytes: 0, isCut: false };
      open.add(held);
      return {
        change(bytes) {
          if (held.isCut || !open.has(held)) return;
          held.bytes += bytes;
          total += bytes;
        },
        bytes: () => held.bytes,
        cut: () => cut(held),
        close() {
          if (open.delete(held)) total -= held.bytes;
        },
      };
    },
    makeRoom() {
      while (total > maxBytes) {
        const holding = [...open].filter(({ bytes }) => bytes > 0);
        onCut();
        cut(longestStalled(holding) ?? oldestOfGreediest(holding));
      }
    },
  };
}

/** Null where no body has stalled. */
function longestStalled(holding: readonly Held[]): Held | null {
  const longest = holding.reduce((most, other) => (other.stalledMs() > most.stalledMs() ? other : most));
  return longest.stalledMs() >= STALLED_MS ? longest : null;
}

function oldestOfGreediest(holding: readonly Held[]): Held {
  const byAddress = new Map<string, number>();
  for (const { address, bytes } of holding) byAddress.set(address, (byAddress.get(address) ?? 0) + bytes);
  const [greediest] = [...byAddress].reduce((most, other) => (other[1] > most[1] ? other : most));
  return holding.find(({ address }) => address === greediest)!;
}
