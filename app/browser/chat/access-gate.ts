import type { ApiClient } from "./api-client";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";
import { timestamp, type PageClock } from "~/browser/page/page-clock";
import type { OnOtherTab } from "~/browser/storage/other-tabs";

/** Times of the last accepted code and of the last log-out: all tabs share one cookie. */
const OPENED_KEY = "holdfast.accessed";
const LEFT_KEY = "holdfast.access-left";

/** Whether the server asks for an access code. Unsent texts stay in place meanwhile. */
export type AccessGate = {
  isShut: Observable<boolean>;
  /** To be called when the server has refused a request that was sent at `askedAt` (`clock.monotonic`). */
  noteRefusal: (askedAt: number) => void;
  /** Sends the code and opens the gate. @throws ApiError if the server does not accept it */
  enter: (code: string) => Promise<void>;
  /** Whether the server has an access code, so that logging out makes sense. */
  hasCode: boolean;
  /** Logs this browser out, in all tabs. @throws ApiError if it is still logged in */
  leave: () => Promise<void>;
};

type Dependencies = {
  isShut: boolean;
  hasCode: boolean;
  enterCode: ApiClient["enterCode"];
  logOut: ApiClient["logOut"];
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
  clock: PageClock;
  /** Called each time the gate opens: refused requests can be repeated. */
  onOpened: () => void;
  /** Called in each tab when this browser was logged out: the page must not show conversations any more. */
  onLeft: () => void;
};

export function createAccessGate(options: Dependencies): AccessGate {
  const isShut = createObservable(options.isShut);
  let openedAt = -Infinity;

  function open() {
    openedAt = options.clock.monotonic();
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
      // Sent before the code was accepted: repeated after the request's own failure has been handled.
      if (askedAt < openedAt) options.clock.after(0, options.onOpened);
      else isShut.set(true);
    },
    async enter(code) {
      await options.enterCode({ code });
      options.shared.set(OPENED_KEY, timestamp(options.clock));
      open();
    },
    hasCode: options.hasCode,
    async leave() {
      await options.logOut();
      options.shared.set(LEFT_KEY, timestamp(options.clock));
      shut();
    },
  };
}
