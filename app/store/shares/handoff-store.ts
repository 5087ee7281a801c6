import { z } from "zod";
import { ExpectedError } from "~/conversation/expected-error";
import { parseStored, type Parsed } from "~/conversation/parse-stored";
import type { Layout } from "~/store/sessions/layout";
import { newerFormat } from "~/store/newer-format";
import { parseJson } from "~/store/parse-json";
import { putIfAbsent } from "~/store/volume/put-if-absent";
import { unlessGone } from "~/store/volume/errno";
import { listIfThere } from "~/store/sessions/tombstone";
import { readVolumeClock } from "~/store/volume/volume-clock";
import type { Volume } from "~/store/volume/volume";
import { onVolume } from "~/store/volume/volume-failure";

/**
 * Boxes that one device leaves for another for some minutes. The server cannot read what is in them, and gives
 * each of them once, whichever node is asked and however many ask at once: the claim is a file that only one of
 * them can be first to name. Ages are told by the clock of the volume, which is one for all nodes.
 */
export type HandoffStore = {
  /**
   * Keeps a box under the key of its id. Asked for again with the same it is the same.
   * @throws ExpectedError `handoff_conflict`, `volume_unavailable`
   */
  put(key: string, sealed: string): Promise<void>;
  /**
   * Gives a box, and never again. Where the volume fails in the middle it may be that nobody gets it.
   * @throws ExpectedError `handoff_gone`, `session_newer_format` (it is not used up then), `volume_unavailable`
   */
  claim(key: string): Promise<string>;
  /** Removes what was claimed or is too old, but nothing that a newer version has left. Any number of nodes may do so at once. */
  sweep(signal: AbortSignal): Promise<{ seen: number; removed: number }>;
};

export type HandoffStoreOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot, `name.boot`. */
  instance: string;
  newId: () => string;
  /** How long a box waits, in milliseconds. */
  lifetimeMs: number;
};

const HANDOFF_FORMAT = 1;
const storedHandoff = z.strictObject({ format: z.literal(HANDOFF_FORMAT), sealed: z.string() });

/** The names that a sweep may remove. */
const SWEPT_NAME = /^[0-9a-f]{64}\.(json|claimed)$|\.tmp$/;

export function createHandoffStore(options: HandoffStoreOptions): HandoffStore {
  const { volume, layout, instance, lifetimeMs } = options;
  const folder = layout.handoffs;
  const boxName = (key: string) => `${key}.json`;
  const claimName = (key: string) => `${key}.claimed`;

  async function put(key: string, sealed: string) {
    const bytes = JSON.stringify({ format: HANDOFF_FORMAT, sealed } satisfies z.infer<typeof storedHandoff>);
    if (await putIfAbsent(options, folder, boxName(key), bytes)) return;
    if ((await readFile(boxName(key)))?.toString("utf8") !== bytes) {
      throw new ExpectedError("handoff_conflict", "Another hand-off was already made under this id.");
    }
  }

  async function claim(key: string): Promise<string> {
    // Read first: what cannot be read is not used up.
    const stored = await readFile(boxName(key));
    if (stored === null) throw gone();
    const parsed = parseStoredHandoff(stored);
    if (parsed.kind === "newer") throw newerFormat("What this link holds", parsed.reason);
    // Damage is the same as no box to whoever waits for it, for there can be another.
    if (parsed.kind === "damaged") throw gone();
    const { sealed } = parsed.value;
    const claimId = options.newId();
    const isFirst = await putIfAbsent(options, folder, claimName(key), claimId, { fromReserve: true });
    if (!isFirst && (await readFile(claimName(key)))?.toString("utf8") !== claimId) throw gone();
    const age = await ageAtClaim(key);
    // The claim stays until it is too old itself, and with it whoever comes later sees that there was one.
    await volume.unlink(`${folder}/${boxName(key)}`).catch(() => undefined);
    if (age > lifetimeMs) throw gone();
    return sealed;
  }

  async function ageAtClaim(key: string): Promise<number> {
    try {
      const [claim, box] = await Promise.all(
        [claimName(key), boxName(key)].map((name) => volume.stats(`${folder}/${name}`)),
      );
      return claim!.modifiedAt - box!.modifiedAt;
    } catch (error) {
      unlessGone(error);
      // Swept at this moment, so it was too old.
      return Infinity;
    }
  }

  /** Null where there is no such file. */
  async function readFile(name: string): Promise<Buffer | null> {
    try {
      return await volume.readFrom(`${folder}/${name}`, 0);
    } catch (error) {
      unlessGone(error);
      return null;
    }
  }

  async function sweep(signal: AbortSignal) {
    const tally = { seen: 0, removed: 0 };
    const names = (await listIfThere(volume, folder)) ?? [];
    if (names.length === 0) return tally;
    const now = await readVolumeClock(volume, layout, instance, "handoffs");
    // A box before its claim, so that there is no moment in which it could be claimed again.
    for (const name of [...names].sort((a, b) => Number(b.endsWith(".json")) - Number(a.endsWith(".json")))) {
      if (signal.aborted) break;
      tally.seen += 1;
      try {
        if (!SWEPT_NAME.test(name)) continue;
        if (now - (await volume.stats(`${folder}/${name}`)).modifiedAt <= lifetimeMs) continue;
        if (await isNewer(name)) continue;
        await volume.unlink(`${folder}/${name}`);
        tally.removed += 1;
      } catch (error) {
        unlessGone(error);
      }
    }
    return tally;
  }

  /** A version that gives a box more time says so in it. */
  async function isNewer(name: string): Promise<boolean> {
    const bytes = name.endsWith(".json") ? await readFile(name) : null;
    return bytes !== null && parseStoredHandoff(bytes).kind === "newer";
  }

  return {
    put: (key, sealed) =>
      onVolume(() => put(key, sealed), "written", "The link was not made; try again soon."),
    claim: (key) =>
      onVolume(
        () => claim(key),
        "written",
        "Try the link again soon, or make a new one on the other device.",
      ),
    sweep,
  };
}

export function parseStoredHandoff(bytes: Buffer): Parsed<z.infer<typeof storedHandoff>> {
  const parsed = parseJson(bytes);
  return parsed.kind === "damaged" ? parsed : parseStored(storedHandoff, parsed.json, HANDOFF_FORMAT);
}

function gone(): ExpectedError {
  return new ExpectedError(
    "handoff_gone",
    "This link works once and for some minutes only. Make a new one on the other device.",
  );
}
