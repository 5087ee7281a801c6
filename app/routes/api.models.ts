import type { ModelsView } from "~/conversation/api";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  GET() {
    const { offers, defaultModelId, notice } = services.models;
    const view: ModelsView = {
      models: offers.map(({ id, name }) => ({ id, name, provider: id.slice(0, id.indexOf("/")) })),
      defaultModelId,
      notice,
    };
    return Response.json(view, { headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
