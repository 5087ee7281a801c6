import { withoutEnding } from "~/conversation/reply/catch-up";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { applyChunk, EMPTY_REPLY, type ReplyText } from "~/conversation/reply/reply-text";
import type { ToolProgress } from "~/conversation/calls/tool-progress";
import type { RunContext } from "./run-context";
import { isPassing } from "./store-settlement";

/** What a run has said, as far as it is on stable storage, and the way there: this node's reply log. */
export type DurableText = {
  /** Never less than the chunks of earlier runners, which their logs hold and followers may have seen. */
  text(): ReplyText;
  /** Writes the first chunks: those of earlier runners again, or those that a reply begins with. */
  begin(before: readonly ReplyChunk[]): void;
  write(chunk: ReplyChunk): void;
  /** @returns false where the log cannot be written, and the run is to end: what followers have seen is not known */
  flush(): Promise<boolean>;
  /** Whether the log could not be written for so long that the reply is left to a takeover. */
  hasGivenUp(): boolean;
  /** Shows how far calls have come, without waiting for storage: it is no part of the reply. */
  report(progress: readonly ToolProgress[]): void;
};

/**
 * Number of appends in a row that a fault of the volume, such as a full disk, makes fail before the reply is left to a
 * takeover by this node or another.
 */
const MAX_FAULTS = 6;

export function createDurableText(context: RunContext): DurableText {
  const { said, stream, control, watch, entry } = context;
  let text: ReplyText = said.reduce(applyChunk, EMPTY_REPLY);
  /** Number of chunks of earlier runners that this node's log has not passed on as durable yet. */
  let repeated = said.length;
  let onStall = () => {};
  let faults = 0;
  let hasGivenUp = false;

  function onDurable(chunks: ReplyChunk[]) {
    faults = 0;
    if (control.reason() === "superseded") return;
    text = chunks.slice(repeated).reduce(applyChunk, text);
    repeated = Math.max(0, repeated - chunks.length);
    stream.publish(withoutEnding(chunks));
  }

  return {
    text: () => text,
    begin(before) {
      const owner = {
        onDurable,
        onChange: watch.check,
        onStall(error: unknown) {
          // A volume that does not answer is waited for: the words are in memory, and no other node could write them sooner.
          if (!isPassing(error) && ++faults === MAX_FAULTS) {
            hasGivenUp = true;
            control.abort(error);
          }
          onStall();
        },
      };
      // The words wait in the log until the question is durable.
      context.committed.then(
        (rev) => entry.attach({ ...owner, rev }),
        () => undefined,
      );
      if (said.length > 0) entry.repeat(before);
      else for (const chunk of before) entry.write(chunk);
    },
    write: entry.write,
    async flush() {
      const stalled = new Promise<false>((resolve) => {
        onStall = () => {
          if (control.reason() !== null || hasGivenUp) resolve(false);
        };
      });
      const isWritten = await Promise.race([entry.flush().then(() => true), stalled]);
      return isWritten && !entry.isEnded();
    },
    hasGivenUp: () => hasGivenUp,
    report(progress) {
      if (control.reason() !== null) return;
      stream.report(progress);
      entry.report(progress);
    },
  };
}
