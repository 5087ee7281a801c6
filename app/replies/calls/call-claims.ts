import type { PartialReply, Part } from "~/conversation/session/session";
import { claimCalls, waitForDecisions, type NewCall, type Waiting } from "~/conversation/calls/claim-calls";
import type { Change } from "~/store/sessions/session-store";
import type { RunContext } from "../run-context";
import { commitBackoff, isPassing } from "../store-settlement";
import { createElapsed } from "./elapsed";

/** What the session knows of the calls of one run: claims and decisions. */
export type CallClaims = {
  /** As this run has last seen them. */
  known(): PartialReply["calls"];
  /** Takes over what a check of the session has found. */
  update(): void;
  /** Whether the claims were made, or checked, so long ago that the process may have been frozen since. */
  areStale(): boolean;
  /** Reads the session. @returns false where this run is no longer the reply's runner */
  refresh(): Promise<boolean>;
  /** Commits the claims of new calls. @returns false where this run is no longer the reply's runner */
  claim(calls: readonly NewCall[]): Promise<boolean>;
  /** Commits that the reply waits for a person. `parts`: all that it has said */
  wait(parts: readonly Part[]): Promise<Waiting["outcome"]>;
};

/** Age from which a claim is checked again before its call is sent, in milliseconds. */
const FRESH_MS = 1_000;

export function createCallClaims({
  sessionHash,
  session,
  reply,
  control,
  watch,
  about,
  deps,
}: RunContext): CallClaims {
  const elapsed = createElapsed(deps);
  let known = session.partial?.calls ?? [];
  let checkedAt = -Infinity;

  /** Waits for a volume that is away: calls are neither lost nor repeated meanwhile. */
  async function patiently<T>(act: () => Promise<T>, failure: string): Promise<T> {
    for (let failed = 1; ; failed++) {
      try {
        return await act();
      } catch (error) {
        if (!isPassing(error) || control.reason() !== null) throw error;
        deps.log.warn({ ...about, err: error }, failure);
        await Promise.race([deps.delay(commitBackoff(failed)), control.ended]);
      }
    }
  }

  const commit = <T>(change: Change<T>) =>
    patiently(
      () => deps.store.update(sessionHash, change, { asked: "reply" }),
      "the state of tool calls could not be committed",
    );

  function update() {
    known = watch.latest()?.session.partial?.calls ?? known;
  }

  async function refresh() {
    const check = () => {
      checkedAt = elapsed();
      return watch.check();
    };
    try {
      await patiently(check, "the state of tool calls could not be read");
    } catch (error) {
      // A run that is to end anyway sends nothing more.
      if (control.reason() === null) throw error;
    }
    update();
    return control.reason() === null;
  }

  return {
    known: () => known,
    update,
    areStale: () => elapsed() - checkedAt > FRESH_MS,
    refresh,
    async claim(calls) {
      checkedAt = elapsed();
      const { record } = await commit((now) => ({
        session: now && claimCalls(now, reply, calls),
        result: null,
      }));
      known = record?.session.partial?.calls ?? [];
      const isClaimed = calls.every(({ toolCallId }) => known.some((call) => call.toolCallId === toolCallId));
      return isClaimed || refresh();
    },
    async wait(parts) {
      const { record, result } = await commit<Waiting["outcome"]>((now) => {
        if (!now) return { session: null, result: "superseded" };
        const { session: changed, outcome } = waitForDecisions(now, reply, parts);
        return { session: changed, result: outcome };
      });
      known = record?.session.partial?.calls ?? known;
      return result;
    },
  };
}
