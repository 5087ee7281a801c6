import type { TFunction } from "i18next";
import { sentenceFor } from "~/i18n/user-error";
import { userErrorOf } from "~/browser/chat/api-error";
import { createObservable, type Observable } from "./observable";

/** A message to the person that belongs to no other place of the page. It stays until it is dismissed, by the person or after some time. */
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

export function createToasts(): Toasts {
  const state = createObservable<readonly Toast[]>([]);
  let lastId = 0;
  const add = (toast: Omit<Toast, "id">) => state.set([...state.getSnapshot(), { ...toast, id: ++lastId }]);
  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    info: (text, action) => add({ text, action, isError: false }),
    warn: (text) => add({ text, isError: true }),
    failure(what, cause) {
      const error = userErrorOf(cause);
      add({ text: (t) => what(t, sentenceFor(t, error)), isError: true });
    },
    dismiss: (id) => state.set(state.getSnapshot().filter((toast) => toast.id !== id)),
  };
}
