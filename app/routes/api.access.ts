import { accessBody } from "~/conversation/api";
import { askerAddress, LOCAL_ADDRESS } from "~/http/admission/client-address";
import { readJson } from "~/http/request-input";
import { checkAccessCode } from "~/use-cases/check-access-code";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api(
  {
    async POST(request) {
      const { code } = await readJson(request, accessBody, services.limits.maxBodyBytes);
      const { access, quotas } = services;
      // Tries from this machine are counted too: a proxy on it sends the requests of all clients.
      const address = askerAddress(request) ?? LOCAL_ADDRESS;
      const headers = new Headers({ "Cache-Control": "no-store" });
      if (!access.isOpen) {
        await checkAccessCode(code, address, { quotas, isCode: access.isCode });
        headers.set("Set-Cookie", await access.cookie(request));
      }
      return new Response(null, { status: 204, headers });
    },

    /** Deletes the browser's access cookie. The server keeps no list of cookies: a copy stays valid until it expires. */
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
