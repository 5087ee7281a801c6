import type { ActionFunctionArgs } from "@remix-run/node";
import { ExpectedError } from "~/conversation/expected-error";
import { errorResponse } from "./error-response";
import { evenAnswer } from "~/http/admission/even-answer";
import type { Timer } from "~/timer";
import { discardBody } from "./request-input";

export type Handler = (request: Request) => Promise<Response> | Response;
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

export type HandleMethodsOptions = {
  /** Called with each error that is not an ExpectedError. */
  onUnexpected: (error: unknown, request: Request) => void;
  /** Called first; throws to refuse a request of any method. */
  admit?: (request: Request) => Promise<void>;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
};

/**
 * A resource route's loader and action in one. Other methods are answered with 405, errors with an error response.
 * @param handlers by method; GET also serves HEAD
 */
export function handleMethods(
  handlers: Partial<Record<Method, Handler>>,
  { onUnexpected, admit, now, timer }: HandleMethodsOptions,
): (args: Pick<ActionFunctionArgs, "request">) => Promise<Response> {
  const allow = Object.keys(handlers).join(", ");
  return async ({ request }) => {
    const response = await respond(request);
    // The response is decided; a sender that was cut off is no error any more.
    await discardBody(request).catch(() => undefined);
    return response;
  };

  async function respond(request: Request): Promise<Response> {
    // Node leaves out the body of a response to HEAD.
    const method = request.method === "HEAD" ? "GET" : request.method;
    const handler = Object.hasOwn(handlers, method) ? handlers[method as Method] : undefined;
    const startedAt = now();
    try {
      await admit?.(request);
      if (handler) return await handler(request);
      const error = new ExpectedError(
        "method_not_allowed",
        `This address takes ${allow || "no method"} only.`,
      );
      return errorResponse(error, { Allow: allow });
    } catch (error) {
      if (ExpectedError.isInstance(error)) await evenAnswer(error.code, startedAt, { now, timer });
      else onUnexpected(error, request);
      return errorResponse(error);
    }
  }
}
