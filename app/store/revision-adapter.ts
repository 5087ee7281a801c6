import { join } from "node:path";
import type { Adapter } from "lowdb";
import { ExpectedError } from "~/conversation/expected-error";
import {
  damagedName,
  MAX_REVISION,
  readSessionFolder,
  revisionName,
  temporaryName,
  type Layout,
  type SessionFolder,
} from "./layout";
import {
  FORMAT,
  parseStoredSession,
  RECENT_COMMITS,
  type ParsedSession,
  type StoredSession,
} from "./stored-session";
import { errorCode, type Volume } from "./volume";

export type RevisionAdapterOptions = {
  volume: Volume;
  layout: Layout;
  key: string;
  /** The one commit that this adapter may make; the same on every attempt, so that a repeat is recognised. */
  commitId: string;
  /** This node and boot, in the names of temporary files. */
  instance: string;
  /** Told once of each damaged revision, after it has been moved to quarantine. */
  damaged: (event: { key: string; rev: number; reason: string; cause?: unknown }) => void;
};

/** What a lowdb adapter for one commit of one session also knows. */
export type RevisionAdapter = Adapter<StoredSession | null> & {
  /** The names in the session's folder at the last read. */
  folder(): SessionFolder;
  /** The damaged revision in whose place the last read served an older one. */
  recovered(): number | null;
  /** Whether what was last read is, or was built on, this adapter's own commit. */
  isOwnCommit(document: StoredSession): boolean;
};

/** The next revision was committed by another writer first: read again, apply again, write again. */
export class RevisionTaken extends Error {
  override readonly name = "RevisionTaken";
}

const READ_ATTEMPTS = 100;

/**
 * A lowdb adapter whose `write` is put-if-absent of the next revision by `link()`: no lock to leave behind, and
 * a writer that slept through other commits cannot overwrite them (DESIGN, Commit). The protocol is that of
 * table formats on object stores.
 * @throws RevisionTaken from `write`; ExpectedError `session_damaged`, `session_newer_format` from `read`
 */
export function createRevisionAdapter(options: RevisionAdapterOptions): RevisionAdapter {
  const { volume, layout, key, commitId, instance } = options;
  const sessionFolder = layout.sessionFolder(key);
  const at = (name: string) => join(sessionFolder, name);

  let base: StoredSession | null = null;
  let folder: SessionFolder = readSessionFolder([]);
  let recovered: number | null = null;

  async function listFolder(): Promise<SessionFolder> {
    for (let attempt = 1; ; attempt++) {
      try {
        return readSessionFolder(await volume.list(sessionFolder));
      } catch (error) {
        const code = errorCode(error);
        if (code === "ENOENT") return readSessionFolder([]);
        if (code !== "ESTALE" || attempt === READ_ATTEMPTS) throw error;
      }
    }
  }

  async function read(): Promise<StoredSession | null> {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      folder = await listFolder();
      const found = await readNewestWhole();
      if (found === "again") continue;
      ({ document: base, recovered } = found);
      if (base === null && recovered !== null) {
        throw new ExpectedError(
          "session_damaged",
          "The file of this conversation is damaged and no earlier version of it is whole. It was kept aside for the operator. Please start a new conversation.",
        );
      }
      return base;
    }
    throw new ExpectedError(
      "session_busy",
      "This conversation changes too fast to be read. Try again in a moment.",
    );
  }

  type Found = { document: StoredSession | null; recovered: number | null };

  /** The newest revision that is whole; damaged ones on the way are put aside. */
  async function readNewestWhole(): Promise<Found | "again"> {
    let damaged = folder.damaged[0] ?? 0;
    const recoveredBelow = (rev: number) => (damaged > rev ? damaged : null);
    for (const rev of folder.revisions) {
      const revision = await readRevision(rev);
      if (revision === "again") return "again";
      if (revision.kind === "whole") return { document: revision.document, recovered: recoveredBelow(rev) };
      damaged = Math.max(damaged, rev);
      await quarantine(rev, revision.reason);
    }
    return { document: null, recovered: recoveredBelow(0) };
  }

  async function readRevision(rev: number): Promise<Exclude<ParsedSession, { kind: "newer" }> | "again"> {
    try {
      const { bytes, uid } = await volume.read(at(revisionName(rev)));
      const own = process.geteuid?.();
      if (own !== undefined && own !== 0 && uid !== own) {
        return { kind: "damaged", reason: `it belongs to user ${uid}` };
      }
      const parsed = parseStoredSession(bytes, rev);
      if (parsed.kind !== "newer") return parsed;
    } catch (error) {
      const code = errorCode(error);
      // Pruned, or replaced under our feet: the listing is out of date (FACTS, ESTALE).
      if (code === "ENOENT" || code === "ESTALE") return "again";
      const reason = code === undefined ? undefined : UNREADABLE[code];
      if (reason === undefined) throw error;
      return { kind: "damaged", reason };
    }
    // Not damage: a node of a newer version wrote it, and will read it. It stays where it is.
    throw new ExpectedError(
      "session_newer_format",
      "This conversation was written by a newer version of the application. Try again when the update is complete.",
    );
  }

  /**
   * Moves a revision away as it is. The mark comes first: a crash between the two must not hide the loss.
   * Where the volume does not let it, the spare is served all the same.
   */
  async function quarantine(rev: number, reason: string) {
    try {
      await volume.writeNew(at(damagedName(rev)), "").catch(unlessCode("EEXIST"));
      await volume.makeFolder(layout.quarantine);
      await volume.rename(
        at(revisionName(rev)),
        join(layout.quarantine, `${key}.${revisionName(rev)}.${commitId}`),
      );
      await volume.syncFolder(layout.quarantine);
      await volume.syncFolder(sessionFolder);
    } catch (error) {
      // Another node was faster, and has told.
      if (errorCode(error) === "ENOENT") return;
      options.damaged({ key, rev, reason: `${reason}; it could not be moved to quarantine`, cause: error });
      return;
    }
    options.damaged({ key, rev, reason });
  }

  async function write(document: StoredSession | null): Promise<void> {
    if (document === null) return;
    const rev = nextRevision();
    document.format = FORMAT;
    document.rev = rev;
    document.recent = [commitId, ...(base?.recent ?? [])].slice(0, RECENT_COMMITS);

    const temporary = at(temporaryName(commitId, instance));
    try {
      await writeTemporary(temporary, JSON.stringify(document));
      await volume.link(temporary, at(revisionName(rev)));
    } catch (error) {
      // Not waited for: on a volume that hangs the caller has waited long enough.
      void remove(temporary).catch(() => undefined);
      // ENOENT: the session was deleted, folder and temporary file with it.
      if (errorCode(error) === "EEXIST" || errorCode(error) === "ENOENT") throw new RevisionTaken();
      throw error;
    }
    await remove(temporary);
    await fenceZombie(rev, document);
    await prune(rev);
    await volume.syncFolder(sessionFolder);
    base = document;
  }

  function nextRevision(): number {
    const rev = Math.max(base?.rev ?? 0, recovered ?? 0) + 1;
    if (rev > MAX_REVISION) throw new Error("a session has no revision numbers left");
    return rev;
  }

  async function writeTemporary(path: string, bytes: string) {
    for (let attempt = 0; ; attempt++) {
      try {
        return await volume.writeNew(path, bytes);
      } catch (error) {
        const code = errorCode(error);
        // Left over from an attempt of our own that failed half-way, or whose answer was lost.
        if (code === "EEXIST" && attempt < 2) await remove(path);
        else if (code === "ENOENT" && attempt < 2) await volume.makeFolder(sessionFolder);
        else throw error;
      }
    }
  }

  /**
   * A writer that was frozen may link a name that others have passed and pruned. Then a newer revision is there
   * that was not built on ours; or our base is gone without one, when the session was deleted and begun anew.
   */
  async function fenceZombie(rev: number, document: StoredSession) {
    const now = await listFolder();
    const newest = now.revisions[0] ?? 0;
    if (newest > rev) {
      // It may go on: what was built on ours is ours, however far it has come.
      const latest = await read();
      if (latest?.recent.includes(commitId)) return;
    } else if (newest === rev && (base === null || now.revisions.includes(base.rev))) {
      return;
    }
    document.rev = base?.rev ?? 0;
    await remove(at(revisionName(rev)));
    throw new RevisionTaken();
  }

  /** Older revisions go, but for one spare; so do the marks of damage that this commit has passed. */
  async function prune(rev: number) {
    const spare = base?.rev ?? 0;
    const old = folder.revisions.filter((other) => other < rev && other !== spare).map(revisionName);
    const marks = folder.damaged.filter((other) => other < rev).map(damagedName);
    await Promise.all([...old, ...marks].map((name) => remove(at(name))));
  }

  async function remove(path: string) {
    await volume.unlink(path).catch(unlessCode("ENOENT", "ESTALE"));
  }

  return {
    read,
    write,
    folder: () => folder,
    recovered: () => recovered,
    isOwnCommit: (document) => document.recent.includes(commitId),
  };
}

const UNREADABLE: Readonly<Record<string, string>> = {
  EISDIR: "it is a folder",
  ENOTREG: "it is not a regular file",
  ELOOP: "it is a symbolic link",
  EACCES: "it may not be read",
  EPERM: "it may not be read",
};

function unlessCode(...harmless: string[]) {
  return (error: unknown) => {
    if (!harmless.includes(errorCode(error) ?? "")) throw error;
  };
}
