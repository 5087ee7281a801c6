import { join } from "node:path";

/** Where things lie on the volume (DESIGN, The volume). */
export type Layout = {
  /** DATA_DIR itself. */
  root: string;
  /** The file in it that says which volume it is (volume-identity.ts). */
  marker: string;
  /** Room for what must work on a full volume (volume-reserve.ts). */
  reserve: string;
  sessions: string;
  quarantine: string;
  nodes: string;
  shares: string;
  attachments: string;
  handoffs: string;
  /** What was used, in a folder for each day. */
  usage: string;
  /** The folder of one session, by its key. */
  sessionFolder(key: string): string;
  /** The snapshot behind a link, by the link's key. */
  share(key: string): { folder: string; name: string };
  /** Where the files lie that were attached in a session: not with it, so that its folder lists fast. */
  attachmentFolder(key: string): string;
  /** The journal of a reply, in the folder of its session. */
  journal(key: string, replyId: string, epoch: number): string;
};

export const MARKER_NAME = "holdfast-volume.json";

export function createLayout(dataDir: string): Layout {
  const sessions = join(dataDir, "sessions");
  const shares = join(dataDir, "shares");
  const attachments = join(dataDir, "attachments");
  const sessionFolder = (key: string) => join(sessions, key.slice(0, 2), key);
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
    usage: join(dataDir, "usage"),
    sessionFolder,
    share: (key) => ({ folder: join(shares, key.slice(0, 2)), name: `${key}.json` }),
    attachmentFolder: (key) => join(attachments, key.slice(0, 2), key),
    journal: (key, replyId, epoch) => join(sessionFolder(key), journalName(replyId, epoch)),
  };
}

const REVISION_NAME = /^(\d{10})\.json$/;
const DAMAGED_NAME = /^(\d{10})\.damaged$/;

export const MAX_REVISION = 9_999_999_999;

export function revisionName(rev: number): string {
  return `${String(rev).padStart(10, "0")}.json`;
}

/** Stands where a damaged revision stood, so that its number is not used again and people can be told. */
export function damagedName(rev: number): string {
  return `${String(rev).padStart(10, "0")}.damaged`;
}

export function journalName(replyId: string, epoch: number): string {
  return `${replyId}.${epoch}.ndjson`;
}

/** A commit in the making; the name tells whose, so that only what a dead writer left is swept. */
export function temporaryName(commitId: string, instance: string): string {
  return `${commitId}.${instance}.tmp`;
}

const TEMPORARY_NAME = /^[A-Za-z0-9_-]+\.([A-Za-z0-9-]+\.[A-Za-z0-9-]+)\.tmp$/;

/**
 * An empty folder within a session's folder, made anew each time that the session begins. The paths of a commit
 * lead through it (`<id>.life/../0000000007.json`), so that those of a writer that slept lead nowhere once the
 * session has been deleted, even where one with the same key and the same numbers has begun since.
 */
export function incarnationName(id: string): string {
  return `${id}.life`;
}

const LIFE_NAME = /^[A-Za-z0-9_-]+\.life$/;

export type SessionFolder = {
  /** Newest first. */
  revisions: number[];
  /** Newest first. */
  damaged: number[];
  journals: string[];
  temporaries: { name: string; instance: string }[];
  /** The life that paths lead through: the first by name, should two writers have begun at once. */
  incarnation: string | null;
};

/** What the names in a session's folder mean; others, such as NFS's `.nfs…` leftovers, mean nothing. */
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
    else if (LIFE_NAME.test(name) && (folder.incarnation === null || name < folder.incarnation))
      folder.incarnation = name;
  }
  folder.revisions.sort((a, b) => b - a);
  folder.damaged.sort((a, b) => b - a);
  return folder;
}
