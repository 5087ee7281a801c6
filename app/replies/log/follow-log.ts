import { withoutEnding } from "~/conversation/reply/catch-up";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Encryptor } from "~/store/encryption/encryptor";
import { isNewerFormat } from "~/store/newer-format";
import type { OwnershipGuard } from "~/replies/reply-guard";
import { createReplyStream, type ReplyStream } from "~/replies/following/reply-stream";
import { createWordsReader, type WordsReader } from "./log-content";
import { createWordsCodec, type LoggedReply } from "./log-lines";
import type { LogReaders } from "./log-readers";

export type FollowLogOptions = {
  readers: Pick<LogReaders, "open">;
  encryptor: Encryptor;
  reply: LoggedReply;
  /** The runner whose log is followed, `name.boot`. */
  instance: string;
  /** The revision of the session that has this runner. */
  rev: number;
  guard: Pick<OwnershipGuard, "check">;
  /** Whether the runner is gone: no more chunks will come. */
  isOrphaned: () => boolean;
  /** Called when the words or the session cannot be read; the stream ends, and its followers ask again. */
  onFailure: (error: unknown) => void;
  /** Called once after the last read, of the log or of the session. */
  onEnd: () => void;
};

export type FollowedLog = { stream: ReplyStream; leave(): void };

/**
 * The stream of a reply that another node runs, read from that node's log. Chunks are published after a listing that
 * came later than they. If it shows a new note about the reply, the session is read first, so that followers never see
 * what a replaced runner appends (app/store/PROTOCOL.md, invariant 6).
 */
export function followLog(options: FollowLogOptions): FollowedLog {
  const { readers, reply, guard } = options;
  const stream = createReplyStream();
  const { reader, release } = readers.open(options.instance, { isPolled: true });
  const stopListening = reader.onRefresh(onRefresh);
  const codec = createWordsCodec(options.encryptor, reply);
  let words: WordsReader | null = null;
  /** The last line about the progress of calls. */
  let progress: unknown;
  /** Read, but not published: the session may have changed. */
  let held: ReplyChunk[] = [];
  /** The highest revision that was checked. */
  let checkedRev = options.rev;
  let isChecking = false;

  const mayHaveChanged = () => reader.notedRev(reply.replyId) > checkedRev;

  function end(refusal?: Error) {
    if (stream.ended()) return;
    stopListening();
    release();
    stream.end(refusal);
    if (!isChecking) options.onEnd();
  }

  function fail(error: unknown) {
    if (stream.ended()) return;
    options.onFailure(error);
    // Followers must not ask this node again: only a newer version can read the words.
    end(isNewerFormat(error) ? error : undefined);
  }

  function onRefresh(failure?: unknown) {
    if (stream.ended()) return;
    if (failure !== undefined) return void checkUnread();
    try {
      const logged = reader.find(reply);
      // Settled, or not begun: the session says which.
      if (!logged && !words) return end();
      words ??= createWordsReader(logged!, codec);
      const chunks = words.readMore();
      for (const chunk of chunks) held.push(chunk);
      if (mayHaveChanged()) void check();
      else {
        publish();
        report(logged?.progress);
      }
      const hasEnded = logged?.hasEnded ?? true;
      if (hasEnded && !isChecking) end();
      else if (chunks.length === 0 && !isChecking && options.isOrphaned()) end();
    } catch (error) {
      fail(error);
    }
  }

  function publish() {
    if (isChecking || held.length === 0) return;
    const chunks = held;
    held = [];
    stream.publish(withoutEnding(chunks));
  }

  function report(calls: unknown) {
    if (isChecking || calls === progress) return;
    progress = calls;
    const parsed = codec.parseProgress(calls);
    if (parsed) stream.report(parsed);
  }

  async function whileChecking(work: () => Promise<void>) {
    if (isChecking) return;
    isChecking = true;
    await work().catch(fail);
    isChecking = false;
    if (stream.ended()) options.onEnd();
    else if (!mayHaveChanged()) publish();
  }

  const check = () =>
    whileChecking(async () => {
      while (mayHaveChanged() && !stream.ended()) {
        const rev = reader.notedRev(reply.replyId);
        if ((await guard.check()) === "superseded") end();
        checkedRev = rev;
      }
    });

  /** The log cannot be read now, so it does not say whether the reply has ended. */
  const checkUnread = () =>
    whileChecking(async () => {
      // The volume may be away. A session that a newer version has changed is another matter.
      const ownership = await guard.check().catch((error: unknown) => {
        if (isNewerFormat(error)) throw error;
        return "running";
      });
      if (ownership === "superseded" || options.isOrphaned()) end();
    });

  return { stream, leave: () => end() };
}
