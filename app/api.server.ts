import { requireAccess } from "./http/access";
import { handleMethods, type Handler } from "./http/handle-methods";
import { holdSecrets } from "./http/hold-secrets";
import { requestRoute } from "./http/request-route";
import { services } from "./services.server";

/**
 * A resource route's loader and action: handlers by method, with the keys of the secrets that come with a request,
 * failures as error responses, surprises to the log. For those only who have access, unless it is for everybody.
 */
export function api(
  handlers: Partial<Record<"GET" | "POST" | "PATCH" | "DELETE", Handler>>,
  { forEverybody = false } = {},
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
    forEverybody ? undefined : (request) => requireAccess(services.access, request),
  );
}
