import type { ApiClient } from "./api-client";
import type { KeptValues } from "./kept-values";
import { createObservable, type Observable } from "./observable";

/** Tells the other tabs that the code was said: the cookie is theirs too. */
const OPENED_KEY = "holdfast.accessed";

/** Whether the server waits for an access code. What is typed and unsent stays where it is meanwhile. */
export type AccessGate = {
  isShut: Observable<boolean>;
  /** The server has refused a request that was sent at `askedAt`, in milliseconds of `performance.now`. */
  refused: (askedAt: number) => void;
  /** Opens it, or throws why it stays shut. */
  enter: (code: string) => Promise<void>;
};

type Dependencies = {
  isShut: boolean;
  enterCode: ApiClient["enterCode"];
  shared: KeptValues;
  onOtherTab: (key: string, listener: () => void) => void;
  /** Called each time that it opens: what was refused can be asked for again. */
  opened: () => void;
};

export function createAccessGate(options: Dependencies): AccessGate {
  const isShut = createObservable(options.isShut);
  let openedAt = -Infinity;

  function open() {
    openedAt = performance.now();
    isShut.set(false);
    options.opened();
  }

  options.onOtherTab(OPENED_KEY, () => {
    if (isShut.getSnapshot() && options.shared.get(OPENED_KEY) !== null) open();
  });
  return {
    isShut,
    refused(askedAt) {
      // What was on its way when the code was said is asked for again, once it has heard that it was refused.
      if (askedAt < openedAt) setTimeout(options.opened);
      else isShut.set(true);
    },
    async enter(code) {
      await options.enterCode({ code });
      options.shared.set(OPENED_KEY, new Date().toISOString());
      open();
    },
  };
}
