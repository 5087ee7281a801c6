import type { ToolsView } from "~/conversation/api";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET() {
    const servers = await services.tools.describe();
    return Response.json({ servers } satisfies ToolsView, { headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
