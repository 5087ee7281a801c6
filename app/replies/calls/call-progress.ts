import type { Progress, ToolProgress } from "~/conversation/calls/tool-progress";

export type CallProgressOptions = {
  /** Resolves after this many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  /** Called with the progress of all running calls. */
  report: (progress: readonly ToolProgress[]) => void;
};

/** Shortest time between two reports, in milliseconds, however often servers send notifications. */
export const REPORT_MS = 500;

/**
 * The progress of the running calls of one reply: reported at once, and then at most twice a second, each time the newest.
 * Each report may cost an append to the log of this node, which is where other nodes learn of it.
 */
export function createCallProgress({ delay, report }: CallProgressOptions) {
  const byCall = new Map<string, ToolProgress>();
  let isPausing = false;
  let isNews = false;

  async function send() {
    if (isPausing) return;
    isPausing = true;
    while (isNews) {
      isNews = false;
      report([...byCall.values()]);
      await delay(REPORT_MS);
    }
    isPausing = false;
  }

  return {
    /** @returns to be called with the progress of this call */
    begin: (toolCallId: string) => (progress: Progress) => {
      byCall.set(toolCallId, { toolCallId, ...progress });
      isNews = true;
      void send();
    },
    /** The call has ended: its progress is no longer shown. */
    end: (toolCallId: string) => void byCall.delete(toolCallId),
  };
}
