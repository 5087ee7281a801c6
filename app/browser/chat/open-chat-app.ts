import { createTranslator } from "~/i18n/create-translator";
import { pageClock } from "~/browser/page/page-clock";
import { createChatApp, type ChatApp, type ServerProps } from "./chat-app";

/** One for the life of the page: it holds the open sessions. */
let app: Promise<ChatApp> | null = null;

export function openChatApp(facts: () => Promise<ServerProps>): Promise<ChatApp> {
  return (app ??= facts().then((known) => {
    const translator = createTranslator(known.service);
    return createChatApp(window, known, translator, pageClock);
  }));
}
