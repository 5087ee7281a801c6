import type { TFunction } from "i18next";
import { sentenceFor } from "~/i18n/user-error";
import { userErrorOf } from "~/browser/chat/api-error";
import { createObservable, type Observable } from "./observable";
import type { PageClock } from "./page-clock";

/** Time for which a toast with an action is shown, in milliseconds. */
const ACTION_MS = 10_000;

/** A message to the person that belongs to no other place of the page. Without an action it stays until it is dismissed. */
export type Toast = {
  id: number;
  isError: boolean;
  /** The text in the current language of the page. */
  text: (t: TFunction) => string;
  action?: ToastAction | undefined;
};

/** What a toast offers, such as to undo what it tells. */
export type ToastAction = { label: (t: TFunction) => string; act: () => void };

export type Toasts = Observable<readonly Toast[]> & {
  info: (text: Toast["text"], action?: ToastAction) => void;
  warn: (text: Toast["text"]) => void;
  /** Shows an error, with its reason. */
  failure: (what: (t: TFunction, why: string) => string, error: unknown) => void;
  dismiss: (id: number) => void;
};

export function createToasts(clock: Pick<PageClock, "after">): Toasts {
  const state = createObservable<readonly Toast[]>([]);
  let lastId = 0;
  const dismiss = (id: number) => state.set(state.getSnapshot().filter((toast) => toast.id !== id));
  function add(toast: Omit<Toast, "id">) {
    const id = ++lastId;
    state.set([...state.getSnapshot(), { ...toast, id }]);
    if (toast.action) clock.after(ACTION_MS, () => dismiss(id));
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    info: (text, action) => add({ text, action, isError: false }),
    warn: (text) => add({ text, isError: true }),
    failure(what, cause) {
      const error = userErrorOf(cause);
      add({ text: (t) => what(t, sentenceFor(t, error)), isError: true });
    },
    dismiss,
  };
}
