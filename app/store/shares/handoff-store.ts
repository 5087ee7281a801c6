import { ExpectedError } from "~/conversation/expected-error";
import { newerFormat } from "~/store/newer-format";
import { unlessGone, whyNoFile } from "~/store/volume/errno";
import { putIfAbsent } from "~/store/volume/put-if-absent";
import { onVolume } from "~/store/volume/volume-failure";
import { encodeHandoff, parseStoredHandoff } from "./handoff-file";
import { sweepHandoffs, type HandoffSweepOptions } from "./sweep-handoffs";

/**
 * Boxes by which one device moves its session ids to another, by the hash of their link's secret. The browser has sealed
 * them, and the server cannot read them. Each is given once, whichever nodes are asked at the same time: a claim is a
 * file that is put if absent. Ages are measured by the volume's clock, which is one for all nodes.
 */
export type HandoffStore = {
  /**
   * Keeps a box. Repeated with the same box it changes nothing.
   * @throws ExpectedError `handoff_conflict`, `volume_unavailable`
   */
  put(handoffHash: string, sealed: string): Promise<void>;
  /**
   * Gives a box, once. A volume that fails after the claim may leave the box claimed without having been given.
   * @throws ExpectedError `handoff_gone`, `session_newer_format` (the box is not used up), `volume_unavailable`
   */
  claim(handoffHash: string): Promise<string>;
  /** See `sweepHandoffs`. */
  sweep(signal: AbortSignal): Promise<{ seen: number; removed: number }>;
};

export type HandoffStoreOptions = HandoffSweepOptions & { newId: () => string };

export function createHandoffStore(options: HandoffStoreOptions): HandoffStore {
  const { volume, layout, lifetimeMs } = options;
  const folder = layout.handoffs;
  const boxName = (handoffHash: string) => `${handoffHash}.json`;
  const claimName = (handoffHash: string) => `${handoffHash}.claimed`;

  async function put(handoffHash: string, sealed: string) {
    const bytes = encodeHandoff(sealed);
    if (await putIfAbsent(options, folder, boxName(handoffHash), bytes)) return;
    if ((await readFile(boxName(handoffHash)))?.toString("utf8") !== bytes) {
      throw new ExpectedError("handoff_conflict", "Another hand-off was already made under this id.");
    }
  }

  async function claim(handoffHash: string): Promise<string> {
    // Read before the claim, so that a box that cannot be read is not used up.
    const stored = await readFile(boxName(handoffHash));
    // A damaged box is answered like a missing one: in both cases the person makes another.
    if (stored === null) throw handoffGone();
    const parsed = parseStoredHandoff(stored);
    if (parsed.kind === "newer") throw newerFormat("What this link holds", parsed.reason);
    if (parsed.kind === "damaged") throw handoffGone();
    const { sealed } = parsed.value;
    const claimId = options.newId();
    const isFirst = await putIfAbsent(options, folder, claimName(handoffHash), claimId, {
      fromReserve: true,
    });
    if (!isFirst && (await readFile(claimName(handoffHash)))?.toString("utf8") !== claimId)
      throw handoffGone();
    const age = await ageAtClaim(handoffHash);
    // The claim stays until a sweep finds it too old, so that later claims fail.
    await volume.unlink(`${folder}/${boxName(handoffHash)}`).catch(() => undefined);
    if (age > lifetimeMs) throw handoffGone();
    return sealed;
  }

  /** Age of a box when it was claimed, in milliseconds. Infinity where a sweep has removed it, being too old. */
  async function ageAtClaim(handoffHash: string): Promise<number> {
    try {
      const [claim, box] = await Promise.all(
        [claimName(handoffHash), boxName(handoffHash)].map((name) => volume.stats(`${folder}/${name}`)),
      );
      return claim!.modifiedAt - box!.modifiedAt;
    } catch (error) {
      unlessGone(error);
      return Infinity;
    }
  }

  /** Null where there is no such file, or something else in its place. */
  async function readFile(name: string): Promise<Buffer | null> {
    try {
      return await volume.readFrom(`${folder}/${name}`, 0);
    } catch (error) {
      if (whyNoFile(error) === null) unlessGone(error);
      return null;
    }
  }

  return {
    put: (handoffHash, sealed) =>
      onVolume(() => put(handoffHash, sealed), "written", "The link was not created. Try again soon."),
    claim: (handoffHash) =>
      onVolume(
        () => claim(handoffHash),
        "written",
        "Try the link again soon, or create a new one on the other device.",
      ),
    sweep: (signal) => sweepHandoffs(options, signal),
  };
}

function handoffGone(): ExpectedError {
  return new ExpectedError(
    "handoff_gone",
    "This link works only once and only for a few minutes. Create a new one on the other device.",
  );
}
