import type { Reply } from "~/conversation/session/session";
import { MAX_REVISION } from "~/store/documents/layout";
import { leaveNote, type NoteDependencies } from "./log-folder";

/** Notes to the runners on other nodes, after this one has changed the sessions of their replies. Never reject. */
export type ChangeNotes = {
  /** After a commit. A repeated request leaves the note again. */
  change(reply: Reply, rev: number): Promise<void>;
  /** After the removal of a session with this reply. */
  removal(reply: Reply): Promise<void>;
};

export type ChangeNotesOptions = NoteDependencies & {
  /** This instance, `name.boot`. */
  instance: string;
  log: { warn(fields: object, message: string): void };
};

export function createChangeNotes(options: ChangeNotesOptions): ChangeNotes {
  const { instance, log } = options;

  async function change({ id, node, runners }: Pick<Reply, "id" | "node" | "runners">, rev: number) {
    // Without a list of runners, the reply runs on a version that reads no notes, and checks the session by itself.
    if (node === null || node === instance || runners === undefined) return;
    try {
      await leaveNote(options, node, id, rev);
    } catch (error) {
      // The runner also learns of the change by the membership log, and by its own checks.
      log.warn({ reply: id, err: error }, "a note for another node could not be left");
    }
  }

  return {
    change,
    async removal(reply) {
      await change(reply, MAX_REVISION);
      // An earlier runner may be frozen, and its successor may have died before it could leave its own note.
      for (const { node } of reply.runners ?? []) await change({ ...reply, node }, MAX_REVISION);
    },
  };
}
