import { askerAddress, LOCAL_ADDRESS } from "~/http/admission/client-address";
import { readUsage } from "~/quotas/read-usage";
import { checkOperatorCode } from "~/use-cases/check-operator-code";
import { api } from "~/api.server";
import { services } from "~/services.server";

/** Usage by day, model and address, for the operator. */
const handle = api(
  {
    async GET(request) {
      const { operatorCode, quotas, usageFiles } = services;
      await checkOperatorCode(request, operatorCode, {
        address: askerAddress(request) ?? LOCAL_ADDRESS,
        quotas,
      });
      const days = await readUsage(usageFiles.volume, usageFiles.layout);
      return Response.json({ days }, { headers: { "Cache-Control": "no-store" } });
    },
  },
  { forEverybody: true },
);

export const loader = handle;
export const action = handle;
