/** Parameters of `npm run simulate`: the protocol's, the volume's, and the load's. */

/** Least time from the start of one append of a node's log to the start of the next, in ms, by its running replies. */
export const appendIntervalMs = (replies: number): number => (replies >= 5 ? 45 : 70);

/** What one running reply adds to an append: its alias, a number and the JSON around its words. */
export const LINE_BYTES = 40;
/** Mean of a token of English text in UTF-8. */
export const TOKEN_BYTES = 5;
/** What a reply adds to the beginning of a segment beside its words: session hash, reply id, epoch. */
export const BEGINNING_BYTES = 160;
/** Appended bytes after which a new segment begins, unless its beginning is larger. */
export const SEGMENT_BYTES = 1_048_576;
/** Operations by which a segment begins and the one before is removed: create, sync of the folder, unlink. */
export const SEGMENT_WRITES = 3;

/** Pause between two polls of a runner's log by the one reader that a node has for it, in ms. */
export const FOLLOWER_POLL_MS = 25;

/** What an operation is for. */
export type Purpose = "append" | "segment" | "commit" | "takeover" | "follower" | "membership";

/** Create, write and link the revision between two listings, the first with a read; then unlink what is old. */
export const COMMIT: readonly Operation[] = [
  "read",
  "read",
  "write",
  "write",
  "write",
  "read",
  "write",
  "write",
];
/** The commit of the next epoch; the note is a file that is created, in a folder that is synced; list the log. */
export const TAKEOVER: readonly Operation[] = [...COMMIT, "write", "write", "read"];
/** Takeovers that a node has under way at once, so that its own replies go on meanwhile. */
export const TAKEOVERS_AT_ONCE = 8;
/** Replies of one dead node, with no browser, that a burier takes over in a second. */
export const BURIALS_A_SECOND = 20;

export const HEARTBEAT_MS = 2_000;
/** Pause between two polls of all membership logs by a node that has followers of other nodes' replies. */
export const MEMBERSHIP_POLL_MS = 1_000;

export type Operation = "read" | "write";

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
