import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET() {
    return Response.json(services.brand.presets, { headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
