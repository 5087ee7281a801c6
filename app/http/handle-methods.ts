import type { ActionFunctionArgs } from "@remix-run/node";
import { ExpectedError } from "~/conversation/expected-error";
import { errorResponse } from "./error-response";
import { evenAnswer } from "~/http/admission/even-answer";
import { discardBody } from "./request-input";

export type Handler = (request: Request) => Promise<Response> | Response;
export type Method = "GET" | "POST" | "PATCH" | "DELETE" | "OPTIONS";

/**
 * A resource route's loader and action in one: each method to its handler, any other to 405, any failure to an
 * error response. `admit` comes first, and throws to refuse a request whatever it is; `unexpected` is told of the
 * failures that nobody has foreseen.
 */
export function handleMethods(
  handlers: Partial<Record<Method, Handler>>,
  unexpected: (error: unknown, request: Request) => void,
  admit: (request: Request) => Promise<void> = async () => {},
): (args: Pick<ActionFunctionArgs, "request">) => Promise<Response> {
  const allow = Object.keys(handlers).join(", ");
  return async ({ request }) => {
    const response = await respond(request);
    // Nothing is left to say to a sender that does not come to an end.
    await discardBody(request).catch(() => undefined);
    return response;
  };

  async function respond(request: Request): Promise<Response> {
    // A HEAD is a GET whose body Node leaves out.
    const method = request.method === "HEAD" ? "GET" : request.method;
    const handler = Object.hasOwn(handlers, method) ? handlers[method as Method] : undefined;
    const began = performance.now();
    try {
      await admit(request);
      if (handler) return await handler(request);
      const error = new ExpectedError(
        "method_not_allowed",
        `This address takes ${allow || "no method"} only.`,
      );
      return errorResponse(error, { Allow: allow });
    } catch (error) {
      if (ExpectedError.isInstance(error)) await evenAnswer(error.code, began);
      else unexpected(error, request);
      return errorResponse(error);
    }
  }
}
