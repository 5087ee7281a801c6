import type { Timer } from "~/timer";
import type { createAppendPace, News } from "./append-pace";

/** The rounds of a reply log, one at a time. A round is an append, if one is due, and a listing. */
export type LogRounds = {
  /** Something is to be appended. */
  addNews(news: News): void;
  /** Appends what is left at once, unless the last append has failed a moment ago. No round follows. */
  close(): Promise<void>;
};

export type LogRoundsOptions = {
  timer: Timer;
  pace: Pick<ReturnType<typeof createAppendPace>, "pauseMs">;
  /** One round. Never rejects. */
  round: (isAppendDue: boolean) => Promise<void>;
  /** Time to the next round where nothing is to be appended, in milliseconds; null where none is needed. */
  quietMs: () => number | null;
};

export function createRounds({ timer, pace, round, quietMs }: LogRoundsOptions): LogRounds {
  let news: News = "none";
  let working: Promise<void> | null = null;
  let cancelRound = () => {};
  let isClosed = false;

  function schedule() {
    cancelRound();
    const pauseMs = news === "none" ? quietMs() : pace.pauseMs(news);
    if (isClosed || pauseMs === null) return;
    if (pauseMs > 0) {
      cancelRound = timer(Math.ceil(pauseMs), () => void run());
      return;
    }
    // At the end of this turn of the event loop: the chunks of one packet go into one append.
    const turn = setImmediate(() => void run());
    cancelRound = () => clearImmediate(turn);
  }

  function run(): Promise<void> {
    cancelRound();
    working ??= begin().finally(() => {
      working = null;
      schedule();
    });
    return working;
  }

  function begin(): Promise<void> {
    const isAppendDue = news !== "none" && pace.pauseMs(news) === 0;
    if (isAppendDue) news = "none";
    return round(isAppendDue);
  }

  return {
    addNews(added) {
      if (news === "urgent" || news === added) return;
      news = added;
      if (!working) schedule();
    },
    async close() {
      if (working) await working;
      if (news === "some") news = "urgent";
      await run();
      isClosed = true;
      cancelRound();
    },
  };
}
