import { useCallback, useMemo } from "react";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import { modelFor } from "~/browser/chat/sending/model-choice";
import { modelWishes } from "~/browser/presets/pick-preset";
import { focusComposer } from "~/components/composer/focus-composer";
import type { PageActions } from "~/components/messages/message-actions";

export type ConversationActions = PageActions & {
  send: (text: string) => void;
  suggest: (text: string) => void;
  jump: () => void;
  startNew: () => void;
  toggleTemporary: () => void;
  pickModel: (modelId: string) => void;
  showSettings: () => void;
};

type Options = {
  app: ChatApp;
  chat: ChatSession;
  conversationId: string;
  /** Scrolls to the bottom of the conversation. */
  jump: () => void;
  setEditingId: (messageId: string | null) => void;
  setOpen: (open: "settings" | { details: string }) => void;
};

/**
 * The actions of a conversation; the same object until an option changes. After most of them the focus goes to the
 * composer, since the button that was pressed disappears.
 */
export function useConversationActions(options: Options): ConversationActions {
  const { app, chat, conversationId, jump, setEditingId, setOpen } = options;
  const currentModel = useCallback(() => {
    return modelFor(app.models.getSnapshot(), modelWishes(chat.getSnapshot(), app.presets.getSnapshot()));
  }, [app, chat]);

  return useMemo(
    () => ({
      send: andFocus((text: string) => {
        if (chat.send(text, currentModel())) jump();
      }),
      suggest: andFocus((text: string) => {
        if (chat.suggest(text, currentModel())) jump();
      }),
      currentModel,
      trySendingAgain: andFocus(chat.trySendingAgain),
      editUnsent: andFocus(chat.editUnsent),
      jump: andFocus(jump),
      startNew: andFocus(app.conversations.startNew),
      toggleTemporary: andFocus(app.toggleTemporary),
      pickModel(modelId: string) {
        app.models.prefer(modelId);
        chat.pickModel(modelId);
      },
      startEditing: setEditingId,
      stopEditing: andFocus((id: string, change: "keep" | "discard") => {
        if (change === "discard") chat.edits.put(id, null);
        setEditingId(null);
      }),
      edits: chat.edits,
      edit: andFocus((id: string, text: string) => {
        if (chat.edit(id, text, currentModel())) setEditingId(null);
      }),
      fork(id: string) {
        focusComposer();
        return app.fork(conversationId, id).catch(chat.report);
      },
      showDetails: (id: string) => setOpen({ details: id }),
      showSettings: () => setOpen("settings"),
      partFailed(error: unknown) {
        app.toasts.failure((t, why) => t("commands.failed", { why }), error);
      },
    }),
    [app, chat, conversationId, currentModel, jump, setEditingId, setOpen],
  );
}

export function andFocus<Arguments extends unknown[]>(act: (...args: Arguments) => void) {
  return (...args: Arguments) => {
    act(...args);
    focusComposer();
  };
}
