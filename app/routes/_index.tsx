import { useLoaderData, type ClientLoaderFunctionArgs } from "@remix-run/react";
import { createChatApp, type ChatApp } from "~/browser/chat-app";
import { ChatPage } from "~/components/chat-page";
import { PageSkeleton } from "~/components/page-skeleton";
import { services } from "~/services.server";

export function loader() {
  return { node: services.node.name };
}

/** One for the life of the page: it holds the open conversations. */
let app: ChatApp | null = null;

export async function clientLoader({ serverLoader }: ClientLoaderFunctionArgs) {
  const { node } = await serverLoader<typeof loader>();
  app ??= createChatApp(window, node);
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
