import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { userErrorOf } from "~/browser/chat/api-error";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import { useObservable } from "~/browser/page/use-observable";
import { editToolChoice, type ToolServerView } from "~/conversation/calls/tool-choice";
import type { Settings } from "~/conversation/session/session";
import { sentenceFor } from "~/i18n/user-error";

export type ToolChoices = {
  /** Null until they are known. */
  servers: readonly ToolServerView[] | null;
  /** Why they are not known. */
  error: string | null;
  /** The choices of the conversation, also those that are not saved yet. */
  choice: Settings["tools"];
};

/** The servers of tools, asked for while `isOpen`, and what a conversation uses of them. */
export function useToolChoice(app: ChatApp, chat: ChatSession, isOpen = true): ToolChoices {
  const { t } = useTranslation();
  const { session, pickedSettings } = useObservable(chat);
  const [servers, setServers] = useState<ToolChoices["servers"]>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    if (!isOpen) return;
    let isGone = false;
    app.api.tools().then(
      (view) => !isGone && setServers(view.servers),
      (reason: unknown) => !isGone && setError(sentenceFor(t, userErrorOf(reason))),
    );
    return () => {
      isGone = true;
    };
  }, [app, isOpen, t]);
  return { servers, error, choice: editToolChoice(session?.settings.tools, pickedSettings.tools) };
}
