import type { LanguageModels } from "~/conversation/language-model";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { QueuedMessage, Reply, Session } from "~/conversation/session/session";
import type { ToolSet } from "~/conversation/calls/tool-set";
import type { AttachmentStore } from "~/store/attachments/attachment-store";
import type { Encryptor } from "~/store/encryption/encryptor";
import type { Layout } from "~/store/documents/layout";
import type { SessionStore } from "~/store/sessions/session-store";
import type { Volume } from "~/store/volume/volume";
import type { ReplyReservation } from "./begin-reply";
import type { LogEntry } from "./log/log-entry";
import type { LogReaders } from "./log/log-readers";
import type { ReplyLog } from "./log/reply-log";
import type { OwnershipWatch } from "./ownership-watch";
import type { Promotion } from "./promotions";
import type { createReplyMeter, ReplyMetrics } from "./reply-meter";
import type { ReplyStream } from "./following/reply-stream";
import type { StopControl } from "./stop-control";

/** What a node needs to run replies. */
export type RunnerDependencies = {
  /**
   * Checks a waiting message, which is to be sent in the commit that settles the reply before it.
   * @param replyId that reply, whose owner pays for the next one, too
   */
  prepareNext: (sessionHash: string, item: QueuedMessage, replyId: string) => Promise<Promotion>;
  store: SessionStore;
  volume: Volume;
  layout: Layout;
  attachments: Pick<AttachmentStore, "read" | "hold">;
  /** Decrypts words. */
  encryptor: Encryptor;
  /** The log of this instance. */
  replyLog: ReplyLog;
  /** The logs of other instances. */
  logs: LogReaders;
  models: LanguageModels;
  tools: ToolSet;
  node: { name: string };
  /** Node and boot, `name.boot`. */
  instance: string;
  /** The time of day. */
  clock: () => Date;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Resolves after this many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  log: RunnerLog;
  metrics: ReplyMetrics;
};

export type RunnerLog = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** One run of a reply, as its steps share it. Nothing in it is reassigned. */
export type RunContext = {
  sessionHash: string;
  /** The session as it was when the run began. */
  session: Session;
  /** The revision of that session, once it is committed: nothing is shown before. Rejects where it was not. */
  committed: Promise<number>;
  reply: Reply;
  /** The chunks of earlier runners of the reply; empty for the first runner. */
  said: readonly ReplyChunk[];
  /** The reply in this node's log. */
  entry: LogEntry;
  stream: ReplyStream;
  control: StopControl;
  watch: OwnershipWatch;
  meter: ReturnType<typeof createReplyMeter>;
  /** The fields of each log line about this run. */
  about: { reply: string; session: string; epoch: number; model: string };
  deps: RunnerDependencies & {
    /** Goes on with the session's reply where this node has become its runner. Never rejects. */
    onUnsettled: (sessionHash: string) => Promise<unknown>;
    /** Counts what this run spends, and reserves its further requests to the model; null where nothing is counted. */
    reservation: Pick<ReplyReservation, "record" | "renew"> | null;
  };
};
