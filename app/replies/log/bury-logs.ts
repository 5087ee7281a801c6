import { createHash } from "node:crypto";
import { isWaiting } from "~/conversation/calls/claim-calls";
import type { Reply } from "~/conversation/session/session";
import { KeyNotHeld } from "~/store/encryption/encryption-keys";
import { isNewerFormat } from "~/store/newer-format";
import type { Layout } from "~/store/documents/layout";
import type { SessionRecord, SessionStore } from "~/store/sessions/session-store";
import { isGone, isOccupied } from "~/store/volume/errno";
import { namesIn } from "~/store/volume/list-folder";
import { sweepRegularly, type RegularSweep } from "~/store/volume/sweep-regularly";
import type { Volume } from "~/store/volume/volume";
import { keepWords } from "./kept-words";
import type { LoggedReply } from "./log-lines";
import { BURIED, type LogReaders } from "./log-readers";

export type LogBurialOptions = {
  volume: Volume;
  layout: Layout;
  store: Pick<SessionStore, "header">;
  logs: Pick<LogReaders, "open">;
  /** This instance, `name.boot`. */
  instance: string;
  /** Reads a session, and takes over its reply where that has lost its runner. @throws KeyNotHeld */
  read: (sessionHash: string) => Promise<SessionRecord | null>;
  /** Whether an instance is held to be dead. It may live all the same, and write until its folder is moved. */
  hasDied: (instance: string) => boolean;
  /** The living instances, this one included. */
  living: () => readonly string[];
  newId: () => string;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  delay: (ms: number) => Promise<unknown>;
  log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
};

/** Time by which each node in the order begins later than the one before it, in milliseconds: that one may fail. */
const TURN_MS = 10_000;
/** Pause between two replies, in milliseconds: a node that ran hundreds must not take its successor down, too. */
const PAUSE_MS = 20;

/**
 * What is left of a reply in the log of a dead node. `none`: it has settled. `sealed`: its words are encrypted, and only
 * a request with the key can take it over. `running`: it goes on, here or elsewhere, and needs the log until it settles.
 */
type Remains = "none" | "sealed" | "running";

/**
 * Takes over what the logs of dead nodes say is unfinished, so that no reply waits for a visitor, and removes each log
 * once all of its replies have settled. Where the words are encrypted and this node has no key, it copies them to the
 * folders of their sessions, where the next request that brings the key finds them.
 *
 * One node does it for each log, by rendezvous order; the next one, should that one fail.
 * @returns a function for one pass over all logs. It rejects with the volume's errors
 */
export function createLogBurial(options: LogBurialOptions): (signal: AbortSignal) => Promise<void> {
  const { volume, layout, store, logs, instance: own, hasDied, now, delay, log } = options;
  /** When this node first saw the log of a dead instance, by instance. */
  const seenAt = new Map<string, number>();

  function isTurn(instance: string): boolean {
    const since = seenAt.get(instance) ?? now();
    seenAt.set(instance, since);
    return now() - since >= rankOf(own, options.living(), instance) * TURN_MS;
  }

  async function remainsOf({ sessionHash, replyId }: LoggedReply): Promise<Remains> {
    const record = await store.header(sessionHash);
    const reply = record?.header.reply;
    const remains = reply ? remainsAtOnce(reply, replyId, options) : "none";
    if (remains) return remains;
    try {
      const now = (await options.read(sessionHash))?.session.reply;
      return now && (now.id === replyId || hasNoRunner(now, options)) ? "running" : "none";
    } catch (error) {
      if (error instanceof KeyNotHeld) return "sealed";
      // A node of a later version goes on with it.
      if (isNewerFormat(error)) return "running";
      throw error;
    }
  }

  /** Keeps the words of replies that cannot be taken over here. @param folder a name in the folder of all reply logs */
  async function keepAll(folder: string) {
    const { reader, release } = logs.open(folder, { isPolled: false });
    try {
      await reader.refresh();
      for (const reply of reader.running()) {
        const record = await store.header(reply.sessionHash);
        if (record?.header.reply?.id === reply.replyId) await keepWords(reader.find(reply)!, options);
      }
    } finally {
      release();
    }
  }

  async function removeMoved(instance: string) {
    await keepAll(instance + BURIED);
    await volume.removeFolder(layout.replyLog(instance + BURIED));
  }

  /** One reply, or one log, must not hold up the others. The next pass tries again. */
  function leftFor(instance: string, error: unknown): Remains {
    log.warn({ instance, err: error }, "the reply log of a dead node could not be dealt with yet");
    return "running";
  }

  async function takeOverAll(instance: string, signal: AbortSignal): Promise<Remains[]> {
    const { reader, release } = logs.open(instance, { isPolled: false });
    const remains: Remains[] = [];
    try {
      await reader.refresh();
      for (const reply of reader.running()) {
        if (signal.aborted) return ["running"];
        remains.push(await remainsOf(reply).catch((error: unknown) => leftFor(instance, error)));
        await delay(PAUSE_MS);
      }
    } finally {
      release();
    }
    return remains;
  }

  async function bury(instance: string, signal: AbortSignal) {
    const remains = await takeOverAll(instance, signal);
    if (remains.includes("running")) return;
    if (remains.includes("sealed")) await keepAll(instance);
    // Moved away in one step before it is removed. If its owner lives, it finds the folder gone. What it wrote before is in
    // the folder that was moved, which is read once more.
    const [from, to] = [layout.replyLog(instance), layout.replyLog(instance + BURIED)];
    await volume.rename(from, to).catch((error: unknown) => {
      if (!isGone(error) && !isOccupied(error)) throw error;
    });
    await removeMoved(instance);
    log.info({ instance, replies: remains.length }, "removed the reply log of a dead node");
  }

  return async (signal) => {
    const folders = await namesIn(volume, layout.replies);
    const hasVanished = (instance: string) =>
      !folders.includes(instance) && !folders.includes(instance + BURIED);
    for (const instance of seenAt.keys()) if (hasVanished(instance)) seenAt.delete(instance);
    for (const folder of folders) {
      const instance = folder.endsWith(BURIED) ? folder.slice(0, -BURIED.length) : folder;
      if (signal.aborted) return;
      if (instance === own || !hasDied(instance) || !isTurn(instance)) continue;
      try {
        await (folder === instance ? bury(instance, signal) : removeMoved(instance));
      } catch (error) {
        leftFor(instance, error);
      }
    }
  };
}

/**
 * What is left of a reply as its session says; null where that is to be read. `reply` is the one that runs in the session:
 * where another has settled, the next message of the queue may have been sent in the same commit, and its reply not have
 * come into a log.
 */
function remainsAtOnce(reply: Reply, replyId: string, options: LogBurialOptions): Remains | null {
  if (hasNoRunner(reply, options)) return null;
  if (reply.id !== replyId) return "none";
  return reply.node === options.instance || isWaiting(reply) ? null : "running";
}

/** Whether a reply is to be taken over. */
function hasNoRunner(
  reply: Reply,
  { instance, hasDied }: Pick<LogBurialOptions, "instance" | "hasDied">,
): boolean {
  if (isWaiting(reply)) return false;
  return reply.node === null || (reply.node !== instance && hasDied(reply.node));
}

/** Place of an instance in the order in which the living ones deal with a subject: the same on all nodes. */
function rankOf(instance: string, living: readonly string[], subject: string): number {
  const weight = (each: string) => createHash("sha256").update(`${subject} ${each}`).digest("hex");
  const mine = weight(instance);
  return living.filter((each) => each !== instance && weight(each) < mine).length;
}

/** Mean time between two passes over the logs of dead nodes, in milliseconds. */
const BURY_EVERY_MS = 20_000;

/** Starts passes over the logs of dead nodes, at random intervals. @returns a function that stops them */
export function startBurials(options: LogBurialOptions & Pick<RegularSweep, "timer" | "random">): () => void {
  const bury = createLogBurial(options);
  return sweepRegularly({
    ...options,
    sweep: async (signal) => {
      await bury(signal);
      return {};
    },
    what: "the reply logs of dead nodes",
    everyMs: BURY_EVERY_MS,
    // Its successes would fill an otherwise quiet log.
    log: { info: () => undefined, warn: (fields, message) => options.log.warn(fields, message) },
  });
}
