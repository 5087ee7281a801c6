import { useLoaderData, type ClientLoaderFunctionArgs } from "@remix-run/react";
import { createChatApp, type ChatApp, type PageFacts } from "~/browser/chat-app";
import { ChatPage } from "~/components/chat-page";
import { loadMarkdown } from "~/components/markdown-loader";
import { PageSkeleton } from "~/components/page-skeleton";
import { services } from "~/services.server";

/** Nothing about any conversation: those are known to the browser alone. */
export function loader(): PageFacts {
  const { offers, defaultModelId, notice } = services.models;
  const models = offers.map(({ id, name }) => ({ id, name, provider: id.slice(0, id.indexOf("/")) }));
  return { node: services.node.name, models: { models, defaultModelId, notice } };
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
