import type { MetaFunction } from "@remix-run/node";
import { useLoaderData, type ClientLoaderFunctionArgs } from "@remix-run/react";
import { openChatApp } from "~/browser/chat/open-chat-app";
import { loadLaterTexts } from "~/i18n/later-texts";
import { AppFrame } from "~/components/pages/app-frame";
import { PlainPage } from "~/components/pages/plain-page";
import { MovePage } from "~/components/pages/move-page";
import { serverProps } from "~/server-props.server";

export const loader = serverProps;

export const meta: MetaFunction = ({ matches }) => [
  ...matches.flatMap((match) => match.meta.filter((entry) => "title" in entry)),
  { name: "robots", content: "noindex" },
];

export async function clientLoader({ serverLoader }: ClientLoaderFunctionArgs) {
  const [app] = await Promise.all([openChatApp(() => serverLoader<typeof loader>()), loadLaterTexts()]);
  return { app };
}
clientLoader.hydrate = true;

export function HydrateFallback() {
  return <PlainPage />;
}

export default function Move() {
  const { app } = useLoaderData<typeof clientLoader>();
  return (
    <AppFrame app={app}>
      <MovePage app={app} />
    </AppFrame>
  );
}
