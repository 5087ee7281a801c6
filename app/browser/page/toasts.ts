import type { TFunction } from "i18next";
import { sentenceFor } from "~/i18n/user-error";
import { userErrorOf } from "~/browser/chat/api-error";
import { createObservable, type Observable } from "./observable";

/** Something to tell a person that belongs to no place of the page. It stays until they have read it. */
export type Toast = {
  id: number;
  isError: boolean;
  /** In whatever language the page speaks when it is shown. */
  text: (t: TFunction) => string;
};

export type Toasts = Observable<readonly Toast[]> & {
  info: (text: Toast["text"]) => void;
  warn: (text: Toast["text"]) => void;
  /** Something did not work, and why. */
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
    info: (text) => add({ text, isError: false }),
    warn: (text) => add({ text, isError: true }),
    failure(what, cause) {
      const error = userErrorOf(cause);
      add({ text: (t) => what(t, sentenceFor(t, error)), isError: true });
    },
    dismiss: (id) => state.set(state.getSnapshot().filter((toast) => toast.id !== id)),
  };
}
