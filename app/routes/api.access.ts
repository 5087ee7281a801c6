import { accessBody } from "~/conversation/api";
import { ExpectedError } from "~/conversation/expected-error";
import { askerAddress, LOCAL_ADDRESS } from "~/http/admission/client-address";
import { readJson } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api(
  {
    async POST(request) {
      const { code } = await readJson(request, accessBody, services.limits.maxBodyBytes);
      const { access, quotas } = services;
      // This machine too: a proxy on it may stand for everybody.
      const address = askerAddress(request) ?? LOCAL_ADDRESS;
      const headers = new Headers({ "Cache-Control": "no-store" });
      if (!access.isOpen) {
        const giveBack = await quotas.tryCode(address);
        if (!access.isCode(code)) {
          throw (
            quotas.wrongCodeRefusal() ??
            new ExpectedError("access_code_wrong", "That is not the access code.")
          );
        }
        giveBack();
        headers.set("Set-Cookie", await access.cookie(request));
      }
      return new Response(null, { status: 204, headers });
    },

    /** Logs this browser out. The cookie goes with its jar: a copy of it would be good until its time is over. */
    async DELETE(request) {
      const headers = {
        "Cache-Control": "no-store",
        "Set-Cookie": await services.access.goneCookie(request),
      };
      return new Response(null, { status: 204, headers });
    },
  },
  { forEverybody: true },
);

export const loader = handle;
export const action = handle;
