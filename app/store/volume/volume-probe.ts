import { join } from "node:path";
import { errorCode, isFull } from "./errno";
import { explainVolumeError } from "./explain-volume-error";
import type { Layout } from "~/store/sessions/layout";
import { timer as realTimer, type Timer } from "./timer";
import type { Volume } from "./volume";

/**
 * A `full` volume is usable: conversations can be read and deleted there, and could not if no node were sent requests.
 * `full` says of what there is none left.
 */
export type VolumeState = { usable: true; full?: string } | { usable: false; reason: string };

export type VolumeProbe = {
  /** Whether the volume can be written the way that a commit writes it. Never rejects, and never takes long. */
  state(): Promise<VolumeState>;
};

export type VolumeProbeOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot: the names of its own test files. */
  instance: string;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer?: Timer;
  /** How long one answer serves, in milliseconds: many may ask, the volume is asked seldom. */
  freshMs?: number;
  /** How long the volume may take before it counts as giving no answer, in milliseconds. */
  patienceMs?: number;
  /** Told of the first answer, and of each that is another one than the answer before. */
  onChange?: (state: VolumeState) => void;
};

export function createVolumeProbe(options: VolumeProbeOptions): VolumeProbe {
  const { volume, layout, instance, now, timer = realTimer, freshMs = 2_000, patienceMs = 2_500 } = options;
  const temporary = join(layout.nodes, `${instance}.probe`);
  const linked = join(layout.nodes, `${instance}.probe-link`);

  let answer: { at: number; state: VolumeState } | null = null;
  let asking: { since: number; state: Promise<VolumeState> } | null = null;
  let told: string | null = null;
  /** The folders are there, and no test file of ours. */
  let prepared = false;

  async function probe(): Promise<VolumeState> {
    try {
      if (!prepared) await prepare();
      prepared = false;
      // Not an empty one, which some file systems still take when there is no room for a word.
      await volume.writeNew(temporary, "probe", { removeIfLate: true });
      await volume.link(temporary, linked);
      await volume.link(temporary, linked).then(
        () => Promise.reject(new Error("a second link() to one name succeeded there")),
        (error: unknown) => {
          if (errorCode(error) !== "EEXIST") throw error;
        },
      );
      await volume.syncFolder(layout.nodes);
      await volume.unlink(temporary);
      await volume.unlink(linked);
      prepared = true;
      return { usable: true };
    } catch (error) {
      if (isFull(error)) return whatIsFull(error);
      return { usable: false, reason: explainVolumeError(error) };
    }
  }

  /** Usable as long as it can be listed. */
  async function whatIsFull(error: unknown): Promise<VolumeState> {
    try {
      await volume.list(layout.sessions);
      if (errorCode(error) === "EDQUOT") return { usable: true, full: "its quota is used up" };
      const { freeFiles } = await volume.space(layout.sessions);
      return { usable: true, full: freeFiles === 0 ? "no inodes are left" : "no space is left" };
    } catch (later) {
      return { usable: false, reason: explainVolumeError(later) };
    }
  }

  function tellIfNew(state: VolumeState): VolumeState {
    const reason = state.usable ? (state.full ?? "") : state.reason;
    if (reason !== told) options.onChange?.(state);
    told = reason;
    return state;
  }

  async function prepare() {
    await volume.makeFolder(layout.sessions);
    await volume.makeFolder(layout.nodes);
    for (const path of [temporary, linked]) {
      await volume.unlink(path).catch((error: unknown) => {
        if (errorCode(error) !== "ENOENT") throw error;
      });
    }
  }

  /** One at a time: a volume that hangs is not asked again before it has answered. */
  function ask() {
    const state = probe().then((state) => {
      answer = { at: now(), state };
      asking = null;
      return state;
    });
    return (asking = { since: now(), state });
  }

  return {
    async state() {
      if (!asking && answer && now() - answer.at <= freshMs) return answer.state;
      const { since, state } = asking ?? ask();
      let cancel = () => {};
      const impatience = new Promise<VolumeState>((resolve) => {
        const left = Math.max(0, since + patienceMs - now());
        cancel = timer(left, () => resolve({ usable: false, reason: "it gives no answer" }));
      });
      const first = await Promise.race([state, impatience]);
      cancel();
      return tellIfNew(first);
    },
  };
}
