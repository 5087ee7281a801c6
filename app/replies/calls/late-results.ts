import type { Session } from "~/conversation/session/session";
import { offerResult, type Offer } from "~/conversation/calls/decide-call";
import type { RunContext } from "../run-context";

/** Results of claimed calls that may not have come into the log before their run was replaced. */
export type LateResults = {
  /** Keeps a result; offers it at once where the run is over. */
  add(offer: Offer): Promise<void>;
  /** The run is over: offers what it has learned. A result counts unless a person has decided, or another attempt begun. */
  offerAll(): Promise<void>;
};

export function createLateResults({ sessionHash, about, deps }: RunContext): LateResults {
  let offers: Offer[] = [];
  let isOver = false;

  async function offerAll() {
    isOver = true;
    const taken = offers;
    offers = [];
    if (taken.length === 0) return;
    const offer = (session: Session, each: Offer) => offerResult(session, each, deps.instance).session;
    try {
      await deps.store.update(
        sessionHash,
        (now) => ({ session: now && taken.reduce(offer, now), result: null }),
        { asked: "reply" },
      );
      await deps.onUnsettled(sessionHash);
    } catch (error) {
      deps.log.warn({ ...about, err: error }, "late results of tools could not be stored");
    }
  }

  return {
    async add(offer) {
      offers.push(offer);
      if (isOver) await offerAll();
    },
    offerAll,
  };
}
