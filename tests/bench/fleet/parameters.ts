/** Parameters of `npm run simulate`: the protocol's, the volume's, and the load's. */

/** Least time from the start of one append of a node's log to the start of the next, in ms, by its running replies. */
export const appendIntervalMs = (replies: number): number => (replies >= 5 ? 45 : 45 * 1.65);

/** What one running reply adds to an append: its alias, a number and the JSON around its words. */
export const LINE_BYTES = 30;
/** Mean of a token of English text in UTF-8. */
export const TOKEN_BYTES = 5;
/** What a reply adds to the beginning of a segment beside its lines: session hash, reply id, epoch; its first chunks. */
export const BEGINNING_BYTES = 240;
/** Appended bytes after which a new segment begins, unless its beginning is larger. */
export const SEGMENT_BYTES = 1_048_576;
/** Age at which a segment is replaced if a reply has ended in it, in ms. */
export const SEGMENT_RENEW_MS = 15_000;
/** Operations by which a segment begins and the one before is removed: create, sync of the folder, unlink. */
export const SEGMENT_WRITES = 3;

/** Pause between two polls of a runner's log by the one reader that a node has for it, in ms. */
export const FOLLOWER_POLL_MS = 20;

/** What an operation is for. */
export type Purpose = "append" | "segment" | "commit" | "takeover" | "follower" | "membership";

export type Operation = "read" | "write";
/** How many requests of each kind are made side by side. */
export type Step = Readonly<Record<Operation, number>>;
const READ: Step = { read: 1, write: 0 };
const WRITE: Step = { read: 0, write: 1 };

/**
 * Requests of one commit, one step after another, as `bench:stream` counts them: list, and ask for the volume's marker; open
 * the newest revision, and create a temporary file; read and write them; link, and close both; list again, sync the folder,
 * remove the temporary name and the revision before the last.
 */
export const COMMIT: readonly Step[] = [
  { read: 2, write: 0 },
  { read: 1, write: 1 },
  { read: 1, write: 1 },
  { read: 2, write: 1 },
  { read: 2, write: 2 },
];
/** List the old runner's log, open it, close it, list it again. */
const LOG_READ: readonly Step[] = [READ, READ, READ, READ];
/**
 * Read the session; read the log; commit the next epoch; leave a note, which is a file that is created beside a check of the
 * marker, in a folder that is synced; read the log again.
 */
export const TAKEOVER: readonly Step[] = [
  ...[READ, READ, READ, READ],
  ...LOG_READ,
  ...COMMIT,
  ...[READ, WRITE, { read: 2, write: 0 }],
  ...LOG_READ,
];
/** Takeovers that a node has under way at once, so that its own replies go on meanwhile. */
export const TAKEOVERS_AT_ONCE = 8;
/** Time between two passes over the logs of dead nodes, in ms. */
export const BURY_EVERY_MS = { min: 15_000, max: 25_000 };
/** Pause after each reply, with no browser, that a burier takes over, in ms. */
export const BURIAL_PAUSE_MS = 20;

export const HEARTBEAT_MS = 2_000;
/** Pause between two polls of all membership logs by a node that has followers of other nodes' replies. */
export const MEMBERSHIP_POLL_MS = 1_000;
/** Requests of one poll for each log: open and close, and every other time there is a heartbeat to be read. */
export const MEMBERSHIP_READS = 2.5;

/**
 * EFS as AWS documents it: latencies of a regional file system at their best, and the most operations a second of one
 * file system by its throughput mode. Elastic throughput begins at these and is raised tenfold on request. Each 4 KiB
 * of an operation are metered, and here counted, as one.
 */
export const LATENCY_MS: Readonly<Record<Operation, number>> = { read: 1, write: 2.7 };
export const METERED_BYTES = 4_096;
export type Limits = Readonly<Record<Operation, number>>;
export const LIMITS = {
  bursting: { read: 35_000, write: 7_000 },
  provisioned: { read: 55_000, write: 25_000 },
  elastic: { read: 250_000, write: 50_000 },
  "elastic, raised": { read: 2_500_000, write: 500_000 },
} satisfies Record<string, Limits>;
/** Not documented, so assumed: one operation in a hundred takes ten times as long, and a client gets 100 MB/s. */
export const SLOW = { share: 0.01, factor: 10 };
export const BYTES_A_MS = 100_000;
/** Elastic throughput: dollars a GiB. */
export const DOLLARS_A_GIB: Readonly<Record<Operation, number>> = { read: 0.03, write: 0.06 };
/** After this an append has failed, and its node begins a new segment. */
export const VOLUME_DEADLINE_MS = 10_000;

export const TOKENS_A_SECOND = 50;
export const TOKENS_A_REPLY = 1_000;
export const FIRST_TOKEN_MS = 600;
/** Replies that somebody follows on another node: after a reload, in a second tab or on a second device. */
export const FOLLOWED_ELSEWHERE = 0.02;
/** Replies that nobody follows: their browsers are closed. */
export const UNWATCHED = 0.2;
/** Time in which a browser whose node has died is connected to another. */
export const RECONNECT_MS = { min: 500, max: 1_500 };
/** A follower notices a lag above this. */
export const LATE_MS = 500;
