import { ExpectedError } from "~/conversation/expected-error";
import { api } from "~/api.server";
import { services } from "~/services.server";

/** The logo of the service. Its address contains its hash. Scripts in an SVG must not run for a person who opens it. */
const handle = api(
  {
    async GET() {
      const { logo } = services.brand;
      if (!logo) throw new ExpectedError("not_found", "This service has no logo of its own.");
      return new Response(logo.bytes, {
        headers: {
          "Content-Type": logo.mediaType,
          "Cache-Control": "public, max-age=31536000, immutable",
          "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        },
      });
    },
  },
  { forEverybody: true, fromAnySite: true },
);

export const loader = handle;
export const action = handle;
