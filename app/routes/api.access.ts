import { accessBody } from "~/conversation/api";
import { ExpectedError } from "~/conversation/expected-error";
import { readJson } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api(
  {
    async POST(request) {
      const { code } = await readJson(request, accessBody, services.limits.maxBodyBytes);
      const { access } = services;
      if (!access.isOpen && !access.isCode(code)) {
        throw new ExpectedError("access_code_wrong", "That is not the access code.");
      }
      const headers = new Headers({ "Cache-Control": "no-store" });
      if (!access.isOpen) headers.set("Set-Cookie", await access.cookie(request));
      return new Response(null, { status: 204, headers });
    },
  },
  { forEverybody: true },
);

export const loader = handle;
export const action = handle;
