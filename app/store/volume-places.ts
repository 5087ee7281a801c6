/**
 * `steady` is what the node does by itself, whoever asks for something: it says that it lives, keeps answers that
 * are being written, counts. `asked` is what people wait for.
 */
export type PlaceKind = "asked" | "steady";

/** For whom something is done: an address, or the node itself, whose work is little and all else depends on it. */
export type Whose = string | typeof NODE;

/** Whose turn comes before everybody's. */
export const NODE = Symbol("the node itself");

export type PlacesOptions = {
  /** Places that one kind has at most, and those of them that the other cannot take from it. */
  count: number;
  reserved: number;
  /** Takers of one kind that may wait before some are refused. */
  maxWaiting: number;
  /** Who is refused because too many wait is told so. */
  tooMany: () => Error;
};

type Waiting = { start: () => void; refuse: (error: Error) => void };

/**
 * A counting semaphore of two kinds, neither of which can keep the other from its part. Of one kind, those who wait
 * have their turns by `whose` they are: first come first served among one's own, and nobody's many are before
 * another's few. `NODE` is before all others.
 */
export function createPlaces({ count, reserved, maxWaiting, tooMany }: PlacesOptions) {
  const kinds = { asked: createKind(), steady: createKind() };
  const isFree = (kind: PlaceKind) =>
    kinds[kind].taken < count && kinds.asked.taken + kinds.steady.taken < count + reserved;

  function take(kind: PlaceKind): () => void {
    kinds[kind].taken += 1;
    return () => {
      kinds[kind].taken -= 1;
      while (startNext());
    };
  }

  /**
   * Where both kinds wait, steady work keeps its part and no more: a thousand journals a second would leave people a
   * third of the volume, while each of them can wait, and is longer when it comes.
   */
  function startNext(): boolean {
    const { asked, steady } = kinds;
    const startAsked = () => isFree("asked") && asked.startNext();
    const startSteady = () => isFree("steady") && steady.startNext();
    return steady.taken < reserved ? startSteady() || startAsked() : startAsked() || startSteady();
  }

  function createKind() {
    /** Those who wait, by whose they are. The first of the first lane is next. */
    const lanes = new Map<Whose, Set<Waiting>>();
    let waiting = 0;

    function remove(whose: Whose, one: Waiting): boolean {
      const lane = lanes.get(whose);
      if (!lane?.delete(one)) return false;
      waiting -= 1;
      if (lane.size === 0) lanes.delete(whose);
      return true;
    }

    return {
      taken: 0,
      startNext(): boolean {
        const whose: Whose | undefined = lanes.has(NODE) ? NODE : lanes.keys().next().value;
        if (whose === undefined) return false;
        const lane = lanes.get(whose)!;
        const [next] = lane;
        remove(whose, next!);
        // Behind the others, if more of it wait.
        if (lanes.delete(whose)) lanes.set(whose, lane);
        next!.start();
        return true;
      },
      wait(whose: Whose, one: Waiting): () => boolean {
        const lane = lanes.get(whose) ?? new Set();
        lanes.set(whose, lane.add(one));
        waiting += 1;
        if (waiting > maxWaiting) {
          const [longest, theirs] = [...lanes].reduce(
            (most, other) => (other[1].size > most[1].size ? other : most),
            [whose, lane] as const,
          );
          const last = [...theirs].at(-1)!;
          remove(longest, last);
          last.refuse(tooMany());
        }
        return () => remove(whose, one);
      },
    };
  }

  return {
    /** Resolves with how the place is given back. @throws what `tooMany` makes, and the signal's reason */
    take(kind: PlaceKind, whose: Whose, signal: AbortSignal): Promise<() => void> {
      if (isFree(kind)) return Promise.resolve(take(kind));
      return new Promise((resolve, reject) => {
        const leave = kinds[kind].wait(whose, { start: () => resolve(take(kind)), refuse: reject });
        signal.addEventListener("abort", () => {
          if (leave()) reject(signal.reason as Error);
        });
      });
    },
  };
}
