import type { ShareSnapshot } from "~/conversation/files/share";
import { requireSecretKey } from "~/http/request-input";
import { wholeJson } from "~/http/whole-json";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET(request) {
    const snapshot: ShareSnapshot = await services.shares.read(requireSecretKey(request, "X-Share-Id"));
    return wholeJson(snapshot, { "Cache-Control": "no-store" });
  },
});

export const loader = handle;
export const action = handle;
