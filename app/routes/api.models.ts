import { modelsView } from "~/conversation/models-view";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET() {
    await services.models.refresh?.();
    return Response.json(modelsView(services.models), { headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
