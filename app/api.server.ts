import { requireAccess } from "~/http/admission/access";
import { handleMethods, type Handler, type Method } from "./http/handle-methods";
import { holdSecrets } from "~/http/admission/hold-secrets";
import { requireOwnSite } from "~/http/admission/require-own-site";
import { requestRoute } from "~/http/remix/request-route";
import { services } from "./services.server";
import { ExpectedError } from "./conversation/expected-error";

/**
 * A resource route's loader and action. Holds the encryption keys of a request's secrets until it is answered, maps
 * expected errors to responses, and logs unexpected ones.
 * @param handlers by HTTP method
 * @param options `forEverybody`: needs no access code. `fromAnySite`: accepts requests of pages of other origins.
 */
export function api(
  handlers: Partial<Record<Method, Handler>>,
  { forEverybody = false, fromAnySite = false } = {},
) {
  return handleMethods(
    Object.fromEntries(
      Object.entries(handlers).map(([method, handler]) => [method, holdSecrets(handler, services.keys.hold)]),
    ),
    {
      now: services.now,
      timer: services.timer,
      onUnexpected(error, request) {
        const { route } = requestRoute(new URL(request.url).pathname);
        services.log.error({ method: request.method, route, err: error }, "unexpected");
      },
      async admit(request) {
        if (!fromAnySite) requireOwnSite(request, services.hosts);
        if (!forEverybody) await requireAccess(services.access, request);
      },
    },
  );
}

/** Logs the failure of an event stream. Its client reconnects by itself. */
export function onStreamFailure(error: unknown): void {
  services.log[ExpectedError.isInstance(error) ? "warn" : "error"]({ err: error }, "a stream failed");
}
