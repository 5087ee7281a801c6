import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData, type ClientLoaderFunctionArgs } from "@remix-run/react";
import { I18nextProvider } from "react-i18next";
import { createChatApp, type ChatApp, type PageFacts } from "~/browser/chat-app";
import { ChatPage } from "~/components/chat-page";
import { loadMarkdown } from "~/components/markdown-loader";
import { PageSkeleton } from "~/components/page-skeleton";
import { PreferencesContext } from "~/components/preferences-context";
import { modelsView } from "~/conversation/models-view";
import { createTranslator } from "~/i18n/create-translator";
import { services } from "~/services.server";

/** Nothing about any conversation: those are known to the browser alone. */
export async function loader({ request }: LoaderFunctionArgs): Promise<PageFacts> {
  return {
    node: services.node.name,
    models: modelsView(services.models),
    maxFileBytes: services.limits.maxAttachmentBytes,
    isCodeNeeded: !(await services.access.admits(request)),
  };
}

/** One for the life of the page: it holds the open conversations. */
let app: Promise<ChatApp> | null = null;

export async function clientLoader({ serverLoader }: ClientLoaderFunctionArgs) {
  void loadMarkdown();
  app ??= serverLoader<typeof loader>().then((facts) => createChatApp(window, facts, createTranslator()));
  return { app: await app };
}
clientLoader.hydrate = true;

export function HydrateFallback() {
  return <PageSkeleton />;
}

export default function Index() {
  const { app } = useLoaderData<typeof clientLoader>();
  return (
    <I18nextProvider i18n={app.translator.i18n}>
      <PreferencesContext.Provider value={app.preferences}>
        <ChatPage app={app} />
      </PreferencesContext.Provider>
    </I18nextProvider>
  );
}
