import { requireAccess } from "./http/access";
import { handleMethods, type Handler } from "./http/handle-methods";
import { services } from "./services.server";

/**
 * A resource route's loader and action: handlers by method, failures as error responses, surprises to the log. For
 * those only who have access, unless it is for everybody.
 */
export function api(
  handlers: Partial<Record<"GET" | "POST" | "PATCH" | "DELETE", Handler>>,
  { forEverybody = false } = {},
) {
  return handleMethods(
    handlers,
    (error, request) => {
      services.log.error(
        { method: request.method, path: new URL(request.url).pathname, err: error },
        "unexpected",
      );
    },
    forEverybody ? undefined : (request) => requireAccess(services.access, request),
  );
}
