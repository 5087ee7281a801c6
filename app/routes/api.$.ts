import { ExpectedError } from "~/conversation/expected-error";
import { errorResponse } from "~/http/error-response";
import { discardBody } from "~/http/request-input";

async function handle({ request }: { request: Request }): Promise<Response> {
  await discardBody(request).catch(() => undefined);
  return errorResponse(new ExpectedError("not_found", "There is nothing at this address."));
}

export const loader = handle;
export const action = handle;
