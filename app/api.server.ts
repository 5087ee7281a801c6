import { requireAccess } from "~/http/admission/access";
import { handleMethods, type Handler, type Method } from "./http/handle-methods";
import { holdSecrets } from "~/http/admission/hold-secrets";
import { requireOwnSite } from "~/http/admission/require-own-site";
import { requestRoute } from "~/http/remix/request-route";
import { services } from "./services.server";

/**
 * A resource route's loader and action: handlers by method, with the keys of the secrets that come with a request,
 * failures as error responses, surprises to the log. For those only who have access, unless it is for everybody; and
 * for pages of this site, unless it is for any.
 */
export function api(
  handlers: Partial<Record<Method, Handler>>,
  { forEverybody = false, fromAnySite = false } = {},
) {
  return handleMethods(
    Object.fromEntries(
      Object.entries(handlers).map(([method, handler]) => [method, holdSecrets(handler, services.keys.hold)]),
    ),
    (error, request) => {
      services.log.error(
        { method: request.method, route: requestRoute(new URL(request.url).pathname).route, err: error },
        "unexpected",
      );
    },
    async (request) => {
      if (!fromAnySite) requireOwnSite(request, services.hosts);
      if (!forEverybody) await requireAccess(services.access, request);
    },
  );
}
