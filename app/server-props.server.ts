import type { LoaderFunctionArgs } from "@remix-run/node";
import type { ServerProps } from "~/browser/chat/chat-app";
import { modelsView } from "~/conversation/models-view";
import { services } from "~/services.server";

/** Loader data of every page. Contains nothing about conversations: only the browser knows their ids. */
export async function serverProps({ request }: LoaderFunctionArgs): Promise<ServerProps> {
  await services.models.refresh?.();
  const isCodeNeeded = !(await services.access.admits(request));
  return {
    node: services.node.name,
    models: modelsView(services.models),
    maxFileBytes: services.limits.maxAttachmentBytes,
    showsNodes: services.page.showsNodes,
    hasTools: !services.tools.isEmpty(),
    worksOffline: !services.page.isDevelopment,
    isCodeNeeded,
    service: services.brand.name,
    // Their instructions are for people who have the code.
    presets: isCodeNeeded ? [] : services.brand.presets,
    hasCode: !services.access.isOpen,
  };
}
