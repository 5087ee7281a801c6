import type { PageClock } from "~/browser/page/page-clock";

/** `storage away`: the server answers, but its storage is missing. The page shows what it has read before. */
export type Connection = "ok" | "reconnecting" | "storage away";

/** A connection that is back within this time is not reported as lost. */
const REPORT_AFTER_MS = 2_000;

/**
 * Reports the state of a connection, without short interruptions. States: connected; lost and not reported yet, with
 * a timer or (`silence`) without one; lost and reported.
 */
export type ConnectionNotice = {
  connected: () => void;
  /** The connection is lost: reported after a while, or at once if it was reported before and the reason is new. */
  lost: () => void;
  /** The reason that the next report gives. */
  setReason: (reason: Exclude<Connection, "ok">) => void;
  /** Does not report this loss: the page shows its cause by other means. */
  silence: () => void;
};

export function createConnectionNotice(
  clock: Pick<PageClock, "after">,
  onConnection: (connection: Connection) => void,
): ConnectionNotice {
  let reason: Exclude<Connection, "ok"> = "reconnecting";
  let reported: Connection | null = null;
  let cancelReport: (() => void) | null = null;

  function report() {
    if (reported !== reason) onConnection(reason);
    reported = reason;
  }

  function silence() {
    cancelReport?.();
    cancelReport = null;
  }

  return {
    connected() {
      silence();
      reported = null;
      reason = "reconnecting";
      onConnection("ok");
    },
    lost() {
      if (reported !== null) report();
      else cancelReport ??= clock.after(REPORT_AFTER_MS, report);
    },
    setReason: (next) => void (reason = next),
    silence,
  };
}
