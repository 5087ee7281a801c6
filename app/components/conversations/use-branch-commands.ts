import { useLayoutEffect, useMemo, useState } from "react";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import { canSend, leafOf, type ChatState } from "~/browser/chat/chat-state";
import { copyText } from "~/browser/page/copy-text";
import { focusComposer } from "~/components/composer/focus-composer";
import { messageText } from "~/conversation/reply/answer-text";
import { branchTo } from "~/conversation/session/branch";
import type { Message } from "~/conversation/session/session";

/** The result of a copy command. `turn` differs each time, so that the notice is shown anew. */
export type Copied = { isDone: boolean; turn: number };

type Options = {
  app: ChatApp;
  chat: ChatSession;
  state: ChatState;
  isReplying: boolean;
  setEditingId: (messageId: string) => void;
};

/** Offers the keyboard and the palette what applies to the shown branch: stop, edit the last question, copy. */
export function useBranchCommands(options: Options): [Copied | null, clear: () => void] {
  const { app, chat, state, isReplying, setEditingId } = options;
  const [copied, setCopied] = useState<Copied | null>(null);
  const messages = state.session?.messages;
  const leaf = leafOf(state);
  const [lastQuestion, lastAnswer] = useMemo(() => lastOf(branchTo(messages ?? [], leaf)), [messages, leaf]);
  const isFree = canSend(state);
  // With what is shown: a key may be pressed before an effect that waits for the next frame.
  useLayoutEffect(
    () =>
      app.commands.offer({
        ...(isReplying && {
          stop() {
            chat.stop();
            focusComposer();
          },
        }),
        ...(isFree && lastQuestion && { edit: () => setEditingId(lastQuestion.id) }),
        ...(lastAnswer && {
          copy: () =>
            void copyText(messageText(lastAnswer)).then((isDone) =>
              setCopied((before) => ({ isDone, turn: (before?.turn ?? 0) + 1 })),
            ),
        }),
      }),
    [app, chat, isFree, isReplying, lastAnswer, lastQuestion, setEditingId],
  );
  return [copied, () => setCopied(null)];
}

/** The newest question and the newest answer of a branch. */
function lastOf(branch: readonly Message[]): [Message | undefined, Message | undefined] {
  return [
    branch.findLast(({ role }) => role === "user"),
    branch.findLast(({ role }) => role === "assistant"),
  ];
}
