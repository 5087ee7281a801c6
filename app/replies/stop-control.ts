/** Why a run ends before the model has finished its answer. */
export type StopReason = "stopped" | "handed over" | "superseded";

/**
 * A later reason replaces one of lower precedence. A person may stop a reply that could not be handed over yet; and a
 * reply that another node runs must not be stored by this one, whatever it was about to do.
 */
const PRECEDENCE: Readonly<Record<StopReason, number>> = { "handed over": 0, stopped: 1, superseded: 2 };

/** The decision to end a run early: its reason, and the signal that reaches the model. */
export type StopControl = {
  /** Ends the run for this reason; ignored where one of the same or higher precedence was given before. */
  stop(reason: StopReason): void;
  /** Null while the run may go on. */
  reason(): StopReason | null;
  /** Aborted by the first `stop` or `abort`. */
  signal: AbortSignal;
  /** Ends the call to the model without a reason of its own: the caller decides how the reply ends. */
  abort(cause: unknown): void;
  /** Aborted when a person stops the reply, and not where it goes on elsewhere. */
  stopped: AbortSignal;
  /** Resolves when the run is to end. */
  ended: Promise<void>;
  /** Resolves when a reason is given, or replaced, after this call. One caller may wait at a time. */
  nextReason(): Promise<void>;
};

export function createStopControl(): StopControl {
  const controller = new AbortController();
  const stopped = new AbortController();
  const ended = new Promise<void>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  let current: StopReason | null = null;
  let onReason = () => {};

  return {
    stop(reason) {
      if (current && PRECEDENCE[reason] <= PRECEDENCE[current]) return;
      current = reason;
      controller.abort(new Error(`the reply was ${reason}`));
      if (reason === "stopped") stopped.abort(new Error("the person has stopped the reply"));
      onReason();
    },
    reason: () => current,
    signal: controller.signal,
    stopped: stopped.signal,
    ended,
    abort: (cause) => controller.abort(cause),
    nextReason: () => new Promise((resolve) => (onReason = resolve)),
  };
}
