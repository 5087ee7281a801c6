import type { MetaFunction } from "@remix-run/node";
import { useLoaderData, type ClientLoaderFunctionArgs } from "@remix-run/react";
import { openChatApp } from "~/browser/chat/open-chat-app";
import { loadLaterTexts } from "~/i18n/later-texts";
import { AppFrame } from "~/components/pages/app-frame";
import { markdownModule } from "~/components/markdown/markdown-loader";
import { PlainPage } from "~/components/pages/plain-page";
import { SharedPage } from "~/components/pages/shared-page";
import { serverProps } from "~/server-props.server";

export const loader = serverProps;

export const meta: MetaFunction = ({ matches }) => [
  ...matches.flatMap((match) => match.meta.filter((entry) => "title" in entry)),
  { name: "robots", content: "noindex" },
];

export async function clientLoader({ serverLoader }: ClientLoaderFunctionArgs) {
  void markdownModule.load();
  const [app] = await Promise.all([openChatApp(() => serverLoader<typeof loader>()), loadLaterTexts()]);
  return { app };
}
clientLoader.hydrate = true;

export function HydrateFallback() {
  return <PlainPage />;
}

export default function Share() {
  const { app } = useLoaderData<typeof clientLoader>();
  return (
    <AppFrame app={app}>
      <SharedPage app={app} />
    </AppFrame>
  );
}
