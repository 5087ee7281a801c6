import { useLoaderData, type ClientLoaderFunctionArgs } from "@remix-run/react";
import { createChatApp, type ChatApp, type PageFacts } from "~/browser/chat-app";
import { ChatPage } from "~/components/chat-page";
import { loadMarkdown } from "~/components/markdown-loader";
import { PageSkeleton } from "~/components/page-skeleton";
import { modelsView } from "~/conversation/models-view";
import { services } from "~/services.server";

/** Nothing about any conversation: those are known to the browser alone. */
export function loader(): PageFacts {
  return { node: services.node.name, models: modelsView(services.models) };
}

/** One for the life of the page: it holds the open conversations. */
let app: ChatApp | null = null;

export async function clientLoader({ serverLoader }: ClientLoaderFunctionArgs) {
  void loadMarkdown();
  app ??= createChatApp(window, await serverLoader<typeof loader>());
  return { app };
}
clientLoader.hydrate = true;

export function HydrateFallback() {
  return <PageSkeleton />;
}

export default function Index() {
  const { app } = useLoaderData<typeof clientLoader>();
  return <ChatPage app={app} />;
}
