import type { Layout } from "~/store/documents/layout";
import { unlessGone, unlessTaken } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import { onVolume } from "~/store/volume/volume-failure";

/**
 * Marks of temporary sessions, which `sweepTemporarySessions` deletes: empty files, so that nodes of any version can
 * work with them and the sessions themselves keep their format.
 */
export type TemporarySessions = {
  /**
   * Marks a session as temporary. To be called before its first commit, so that a crash leaves a mark without a session,
   * but no session without its mark. Marking it again changes nothing.
   * @throws ExpectedError `volume_unavailable`
   */
  mark(sessionHash: string): Promise<void>;
  /**
   * Notes that the tab of a session was closed, or (`isClosed` is false) that it was only reloaded. Without effect for a
   * session that is not temporary.
   * @throws ExpectedError `volume_unavailable`
   */
  note(sessionHash: string, isClosed: boolean): Promise<void>;
};

export type TemporarySessionsOptions = { volume: Volume; layout: Pick<Layout, "temporary"> };

/** Name of the mark of a session whose tab was closed, beside its other mark. */
export const closedName = (sessionHash: string) => `${sessionHash}.closed`;

export function createTemporarySessions({ volume, layout }: TemporarySessionsOptions): TemporarySessions {
  const folder = layout.temporary;

  async function put(name: string) {
    await volume.makeFolder(folder);
    await volume.writeNew(`${folder}/${name}`, "").catch(unlessTaken);
    await volume.syncFolder(folder);
  }

  async function noteClosed(sessionHash: string) {
    try {
      await volume.readFrom(`${folder}/${sessionHash}`, 0);
    } catch (error) {
      return unlessGone(error);
    }
    await put(closedName(sessionHash));
  }

  return {
    mark: (sessionHash) =>
      onVolume(() => put(sessionHash), "written", "Your message was not sent. Nothing saved before is lost."),
    note: (sessionHash, isClosed) =>
      onVolume(
        () =>
          isClosed
            ? noteClosed(sessionHash)
            : volume.unlink(`${folder}/${closedName(sessionHash)}`).catch(unlessGone),
        "written",
        "Try again soon.",
      ),
  };
}
