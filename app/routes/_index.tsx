import { useLoaderData, useRouteLoaderData, type ClientLoaderFunctionArgs } from "@remix-run/react";
import { openChatApp } from "~/browser/chat/open-chat-app";
import { AppFrame } from "~/components/pages/app-frame";
import { ChatPage } from "~/components/pages/chat-page";
import { Sidebar } from "~/components/sidebar/lazy-sidebar";
import { markdownModule } from "~/components/markdown/markdown-loader";
import { messageListModule } from "~/components/messages/message-list-loader";
import { PageSkeleton } from "~/components/pages/page-skeleton";
import { serverProps } from "~/server-props.server";
import type { loader as rootLoader } from "~/root";

export const loader = serverProps;

export async function clientLoader({ serverLoader }: ClientLoaderFunctionArgs) {
  const app = await openChatApp(() => serverLoader<typeof loader>());
  const { list, currentId } = app.conversations.getSnapshot();
  if (list.length > 0) Sidebar.preload();
  if (app.conversations.find(currentId)) {
    void messageListModule.load();
    void markdownModule.load();
  }
  return { app };
}
clientLoader.hydrate = true;

export function HydrateFallback() {
  // This route's own loader data is not available yet during hydration.
  const page = useRouteLoaderData<typeof rootLoader>("root");
  return <PageSkeleton notice={page?.notice ?? null} />;
}

export default function Index() {
  const { app } = useLoaderData<typeof clientLoader>();
  return (
    <AppFrame app={app}>
      <ChatPage app={app} />
    </AppFrame>
  );
}
