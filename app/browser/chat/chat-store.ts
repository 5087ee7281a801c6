import { createObservable, type Changeable } from "~/browser/page/observable";
import { userErrorOf } from "./api-error";
import type { ChatState } from "./chat-state";

/** The observable state of one open session. */
export type ChatStore = Changeable<ChatState> & {
  /** Replaces some fields of the state. */
  patch: (change: Partial<ChatState>) => void;
  /** Shows an error that concerns the session as a whole. */
  report: (error: unknown) => void;
};

export function createChatStore(initial: ChatState): ChatStore {
  const state = createObservable(initial);
  const patch = (change: Partial<ChatState>) => state.set({ ...state.getSnapshot(), ...change });
  return {
    ...state,
    patch,
    report: (error) => patch({ problem: { error: userErrorOf(error), messageId: null } }),
  };
}
