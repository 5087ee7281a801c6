import { join } from "node:path";
import { hasCode, isFull, unlessMissing, unlessTaken } from "./errno";
import { explainVolumeError } from "./explain-volume-error";
import type { Layout } from "~/store/documents/layout";
import { realTimer } from "~/clocks";
import type { Timer } from "~/timer";
import type { Volume } from "./volume";

/**
 * A full volume is usable: its sessions can be read and deleted, which requires that nodes stay ready for requests.
 * `full` names the resource that is used up.
 */
export type VolumeState = { usable: true; full?: string } | { usable: false; reason: string };

export type VolumeProbe = {
  /** Whether commits can be written. Never rejects, and resolves within `PATIENCE_MS`. */
  state(): Promise<VolumeState>;
};

export type VolumeProbeOptions = {
  volume: Volume;
  layout: Layout;
  /** This node's instance, part of the names of its probe files. */
  instance: string;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer?: Timer;
  /** Called with the first state, and with each state that differs from the one before. */
  onChange?: (state: VolumeState) => void;
};

/** How long a result is reused, in milliseconds, so that frequent health checks cost few operations. */
const FRESH_MS = 2_000;
/** Time without an answer after which the volume counts as unusable, in milliseconds. */
const PATIENCE_MS = 2_500;

export function createVolumeProbe(options: VolumeProbeOptions): VolumeProbe {
  const { now, timer = realTimer } = options;
  const probe = createProbe(options);
  let latest: { at: number; state: VolumeState } | null = null;
  let running: { since: number; state: Promise<VolumeState> } | null = null;
  /** Reason of the state that `onChange` had last; empty for a usable volume. */
  let reported: string | null = null;

  function reportIfNew(state: VolumeState): VolumeState {
    const reason = state.usable ? (state.full ?? "") : state.reason;
    if (reason !== reported) options.onChange?.(state);
    reported = reason;
    return state;
  }

  /** One probe at a time: a volume that hangs gets no second one before it answers. */
  function beginProbe() {
    const state = probe().then((state) => {
      latest = { at: now(), state };
      running = null;
      return state;
    });
    return (running = { since: now(), state });
  }

  return {
    async state() {
      if (!running && latest && now() - latest.at <= FRESH_MS) return latest.state;
      const { since, state } = running ?? beginProbe();
      let cancel = () => {};
      const impatience = new Promise<VolumeState>((resolve) => {
        const left = Math.max(0, since + PATIENCE_MS - now());
        cancel = timer(left, () => resolve({ usable: false, reason: "it gives no answer" }));
      });
      const first = await Promise.race([state, impatience]);
      cancel();
      return reportIfNew(first);
    },
  };
}

/** @returns a probe by the operations of a commit: create, sync, link, unlink (app/store/PROTOCOL.md). Never rejects */
function createProbe({ volume, layout, instance }: VolumeProbeOptions): () => Promise<VolumeState> {
  const temporary = join(layout.nodes, `${instance}.probe`);
  const linked = join(layout.nodes, `${instance}.probe-link`);
  /** The folders exist, and no probe file of this node does. */
  let isPrepared = false;

  async function prepare() {
    await volume.makeFolder(layout.sessions);
    await volume.makeFolder(layout.nodes);
    for (const path of [temporary, linked]) {
      await volume.unlink(path).catch(unlessMissing);
    }
  }

  return async () => {
    try {
      if (!isPrepared) await prepare();
      isPrepared = false;
      // Not empty: some file systems accept empty files when they have no room for bytes.
      await volume.writeNew(temporary, "probe", { removeIfLate: true });
      await volume.link(temporary, linked);
      await volume
        .link(temporary, linked)
        .then(() => Promise.reject(new Error("a second link() to one name succeeded there")), unlessTaken);
      await volume.syncFolder(layout.nodes);
      await volume.unlink(temporary);
      await volume.unlink(linked);
      isPrepared = true;
      return { usable: true };
    } catch (error) {
      if (isFull(error)) return fullState(volume, layout, error);
      return { usable: false, reason: explainVolumeError(error) };
    }
  };
}

/** The state of a full volume: usable if it can be listed. @param error the error that showed that it is full */
async function fullState(volume: Volume, layout: Layout, error: unknown): Promise<VolumeState> {
  try {
    await volume.list(layout.sessions);
    if (hasCode(error, "EDQUOT")) return { usable: true, full: "its quota is used up" };
    const { freeFiles } = await volume.space(layout.sessions);
    return { usable: true, full: freeFiles === 0 ? "no inodes are left" : "no space is left" };
  } catch (later) {
    return { usable: false, reason: explainVolumeError(later) };
  }
}
