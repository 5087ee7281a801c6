import { handleMethods, type Handler } from "./http/handle-methods";
import { services } from "./services.server";

/** A resource route's loader and action: handlers by method, failures as error responses, surprises to the log. */
export function api(handlers: Partial<Record<"GET" | "POST" | "PATCH" | "DELETE", Handler>>) {
  return handleMethods(handlers, (error, request) => {
    services.log.error(
      { method: request.method, path: new URL(request.url).pathname, err: error },
      "unexpected",
    );
  });
}
