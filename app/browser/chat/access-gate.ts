import type { ApiClient } from "./api-client";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";

/** When the code was said last, and when this browser was logged out: other tabs have the same cookie. */
const OPENED_KEY = "holdfast.accessed";
const LEFT_KEY = "holdfast.access-left";

/** Whether the server waits for an access code. What is typed and unsent stays where it is meanwhile. */
export type AccessGate = {
  isShut: Observable<boolean>;
  /** The server has refused a request that was sent at `askedAt`, in milliseconds of `performance.now`. */
  noteRefusal: (askedAt: number) => void;
  /** Opens it, or throws why it stays shut. */
  enter: (code: string) => Promise<void>;
  /** Whether there is a code at all, so that one can log out. */
  hasCode: boolean;
  /** Logs this browser out, in all tabs, or throws why it is still logged in. */
  leave: () => Promise<void>;
};

type Dependencies = {
  isShut: boolean;
  hasCode: boolean;
  enterCode: ApiClient["enterCode"];
  logOut: ApiClient["logOut"];
  shared: SafeStorage;
  onOtherTab: (key: string, listener: () => void) => void;
  /** Called each time that it opens: what was refused can be asked for again. */
  onOpened: () => void;
  /** Called in every tab when this browser was logged out: what is shown must go. */
  onLeft: () => void;
};

export function createAccessGate(options: Dependencies): AccessGate {
  const isShut = createObservable(options.isShut);
  let openedAt = -Infinity;

  function open() {
    openedAt = performance.now();
    isShut.set(false);
    options.onOpened();
  }

  function shut() {
    isShut.set(true);
    options.onLeft();
  }

  // Written as ISO 8601, which sorts by time.
  const lastTime = (key: string) => options.shared.get(key) ?? "";

  options.onOtherTab(OPENED_KEY, () => {
    if (isShut.getSnapshot() && lastTime(OPENED_KEY) > lastTime(LEFT_KEY)) open();
  });
  options.onOtherTab(LEFT_KEY, () => {
    if (!isShut.getSnapshot() && lastTime(LEFT_KEY) > lastTime(OPENED_KEY)) shut();
  });
  return {
    isShut,
    noteRefusal(askedAt) {
      // What was on its way when the code was said is asked for again, once it has heard that it was refused.
      if (askedAt < openedAt) setTimeout(options.onOpened);
      else isShut.set(true);
    },
    async enter(code) {
      await options.enterCode({ code });
      options.shared.set(OPENED_KEY, new Date().toISOString());
      open();
    },
    hasCode: options.hasCode,
    async leave() {
      await options.logOut();
      options.shared.set(LEFT_KEY, new Date().toISOString());
      shut();
    },
  };
}
