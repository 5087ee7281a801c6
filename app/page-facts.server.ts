import type { LoaderFunctionArgs } from "@remix-run/node";
import type { ServerProps } from "~/browser/chat/chat-app";
import { modelsView } from "~/conversation/models-view";
import { services } from "~/services.server";

/** What every page is sent with. Nothing about any conversation: those are known to the browser alone. */
export async function serverProps({ request }: LoaderFunctionArgs): Promise<ServerProps> {
  return {
    node: services.node.name,
    models: modelsView(services.models),
    maxFileBytes: services.limits.maxAttachmentBytes,
    worksOffline: !services.page.isDevelopment,
    isCodeNeeded: !(await services.access.admits(request)),
    hasCode: !services.access.isOpen,
  };
}
