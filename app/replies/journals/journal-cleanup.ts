import type { Reply } from "~/conversation/session/session";
import { readSessionFolder, type Layout } from "~/store/documents/layout";
import type { SessionStore } from "~/store/sessions/session-store";
import type { Timer } from "~/timer";
import type { Volume } from "~/store/volume/volume";

/** Time for which the chunks of a reply that has ended are kept for slow followers, in milliseconds. */
const KEEP_ENDED_MS = 30_000;

export type JournalCleanupDependencies = {
  store: Pick<SessionStore, "header">;
  volume: Pick<Volume, "list" | "unlink">;
  layout: Layout;
  /** Whether a run with this `<reply id>.<epoch>` is still in memory here. */
  isInMemory: (runId: string) => boolean;
  timer: Timer;
  log: { warn(fields: object, message: string): void };
};

/** Removes the journals, and kept words, of replies that have settled. */
export type JournalCleanup = {
  /**
   * Schedules the removal of a session's old journals, which `KEEP_ENDED_MS` after the end of a reply no follower
   * needs any more.
   * @param onForget called then, before the removal
   */
  removeLater(sessionHash: string, reply: Pick<Reply, "id">, onForget?: () => void): void;
};

export function createJournalCleanup(deps: JournalCleanupDependencies): JournalCleanup {
  const { store, volume, layout, isInMemory, timer, log } = deps;

  /** Removes the journals that no reply needs, including those of dead processes. */
  async function remove(sessionHash: string) {
    const folder = layout.sessionFolder(sessionHash);
    // Listed before the session is read: a journal in the listing belongs to a reply that this revision of the session
    // has or had.
    const { journals } = readSessionFolder(await volume.list(folder));
    const record = await store.header(sessionHash);
    if (!record) return;
    const needed = record.header.reply && `${record.header.reply.id}.`;
    for (const name of journals) {
      const isRecent = isInMemory(name.replace(/\.ndjson$/, ""));
      if (!isRecent && !(needed && name.startsWith(needed))) await volume.unlink(`${folder}/${name}`);
    }
  }

  return {
    removeLater(sessionHash, reply, onForget = () => {}) {
      timer(KEEP_ENDED_MS, () => {
        onForget();
        void remove(sessionHash).catch((error: unknown) => {
          log.warn({ reply: reply.id, err: error }, "old journals were not removed");
        });
      });
    },
  };
}
