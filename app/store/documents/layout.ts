import { join } from "node:path";

/** The paths of all folders and files on the volume (app/store/PROTOCOL.md, Folders). */
export type Layout = {
  /** DATA_DIR itself. */
  root: string;
  /** The file with the id of the volume (app/store/volume/volume-identity.ts). */
  marker: string;
  /** Folder of the reserve, which is given back on a full volume (app/store/volume/volume-reserve.ts). */
  reserve: string;
  sessions: string;
  quarantine: string;
  nodes: string;
  shares: string;
  attachments: string;
  handoffs: string;
  keyrings: string;
  /** Tokens of servers of tools, with a folder for each set that the operator has configured. */
  tokens: string;
  /** Marks of temporary sessions. */
  temporary: string;
  /** Usage, with a folder for each day. */
  usage: string;
  /** The logs of replies, with a folder for each instance. */
  replies: string;
  /** The folder of one session. */
  sessionFolder(sessionHash: string): string;
  /** The folder of one keyring, by the hash of its id. */
  keyringFolder(keyringHash: string): string;
  /** The snapshot behind a link, by the hash of the link's secret. */
  share(shareHash: string): { folder: string; name: string };
  /** The attachments of a session. Not in the session's folder, so that its listings stay short. */
  attachmentFolder(sessionHash: string): string;
  /** The folder of an instance's reply log and of the notes to it. */
  replyLog(instance: string): string;
  /** The journal of a reply, in the folder of its session. */
  journal(sessionHash: string, replyId: string, epoch: number): string;
};

/** The folders in `sessions` and in each other folder that is spread by a hash: its first two digits. */
export const SHARDS: readonly string[] = Array.from({ length: 256 }, (_, i) =>
  i.toString(16).padStart(2, "0"),
);

export const MARKER_NAME = "holdfast-volume.json";

export function createLayout(dataDir: string): Layout {
  const sessions = join(dataDir, "sessions");
  const keyrings = join(dataDir, "keyrings");
  const shares = join(dataDir, "shares");
  const attachments = join(dataDir, "attachments");
  const replies = join(dataDir, "replies");
  const inShard = (folder: string) => (hash: string) => join(folder, hash.slice(0, 2), hash);
  const sessionFolder = inShard(sessions);
  return {
    root: dataDir,
    marker: join(dataDir, MARKER_NAME),
    reserve: join(dataDir, "reserve"),
    sessions,
    quarantine: join(dataDir, "quarantine"),
    nodes: join(dataDir, "nodes"),
    shares,
    attachments,
    handoffs: join(dataDir, "handoffs"),
    keyrings,
    tokens: join(dataDir, "tokens"),
    temporary: join(dataDir, "temporary"),
    usage: join(dataDir, "usage"),
    replies,
    replyLog: (instance) => join(replies, instance),
    sessionFolder,
    keyringFolder: inShard(keyrings),
    share: (shareHash) => ({ folder: join(shares, shareHash.slice(0, 2)), name: `${shareHash}.json` }),
    attachmentFolder: inShard(attachments),
    journal: (sessionHash, replyId, epoch) => join(sessionFolder(sessionHash), journalName(replyId, epoch)),
  };
}

const REVISION_NAME = /^(\d{10})\.json$/;
const DAMAGED_NAME = /^(\d{10})\.damaged$/;

/**
 * Greatest number of a revision: 30 commits a second for a year. Names with a greater one, or zero, are none of the
 * protocol's, and are ignored like other foreign names: the number after a stray `9999999999.json` could not be written.
 */
export const MAX_REVISION = 999_999_999;

export function revisionName(rev: number): string {
  return `${String(rev).padStart(10, "0")}.json`;
}

/** Name of the mark of a quarantined revision: its number is not reused, and readers see that a revision was lost. */
export function damagedName(rev: number): string {
  return `${String(rev).padStart(10, "0")}.damaged`;
}

export function journalName(replyId: string, epoch: number): string {
  return `${replyId}.${epoch}.ndjson`;
}

/** Name of the file of a commit under way. It names the writer, so that only files of dead writers are swept. */
export function temporaryName(commitId: string, instance: string): string {
  return `${commitId}.${instance}.tmp`;
}

const TEMPORARY_NAME = /^[A-Za-z0-9_-]+\.([A-Za-z0-9-]+\.[A-Za-z0-9-]+)\.tmp$/;

/**
 * Name of the empty folder of an incarnation, which is made each time that a session begins. The paths of a commit lead
 * through it (`<id>.life/../0000000007.json`). Once the session was deleted, the paths of a writer that was frozen lead
 * nowhere, even if a session with the same hash and the same revision numbers has begun since.
 */
export function incarnationName(id: string): string {
  return `${id}.life`;
}

const INCARNATION_NAME = /^[A-Za-z0-9_-]+\.life$/;

export type SessionFolder = {
  /** Newest first. */
  revisions: number[];
  /** Newest first. */
  damaged: number[];
  journals: string[];
  temporaries: { name: string; instance: string }[];
  /** The incarnation that paths lead through: the first by name, if two writers began the session at once. */
  incarnation: string | null;
};

/** Parses the names in a session's folder. Ignores others, such as NFS's `.nfs…` leftovers. */
export function readSessionFolder(names: readonly string[]): SessionFolder {
  const folder: SessionFolder = {
    revisions: [],
    damaged: [],
    journals: [],
    temporaries: [],
    incarnation: null,
  };
  for (const name of names) {
    const revision = REVISION_NAME.exec(name);
    const damaged = DAMAGED_NAME.exec(name);
    const temporary = TEMPORARY_NAME.exec(name);
    if (revision) folder.revisions.push(Number(revision[1]));
    else if (damaged) folder.damaged.push(Number(damaged[1]));
    else if (temporary) folder.temporaries.push({ name, instance: temporary[1]! });
    else if (name.endsWith(".ndjson")) folder.journals.push(name);
    else if (INCARNATION_NAME.test(name) && (folder.incarnation === null || name < folder.incarnation))
      folder.incarnation = name;
  }
  folder.revisions = newestFirst(folder.revisions);
  folder.damaged = newestFirst(folder.damaged);
  return folder;
}

const newestFirst = (numbers: readonly number[]): number[] =>
  numbers.filter((rev) => rev > 0 && rev <= MAX_REVISION).sort((a, b) => b - a);
