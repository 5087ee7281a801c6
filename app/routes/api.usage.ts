import { askerAddress, LOCAL_ADDRESS } from "~/http/admission/client-address";
import { usageForOperator } from "~/use-cases/usage-for-operator";
import { api } from "~/api.server";
import { services } from "~/services.server";

/** Usage by day, model and address, for the operator. */
const handle = api(
  {
    async GET(request) {
      const usage = await usageForOperator(request, askerAddress(request) ?? LOCAL_ADDRESS, services);
      return Response.json(usage, { headers: { "Cache-Control": "no-store" } });
    },
  },
  { forEverybody: true },
);

export const loader = handle;
export const action = handle;
