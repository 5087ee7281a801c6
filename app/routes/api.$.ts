import { ExpectedError } from "~/conversation/expected-error";
import { errorResponse } from "~/http/error-response";

const handle = () => errorResponse(new ExpectedError("not_found", "There is nothing at this address."));

export const loader = handle;
export const action = handle;
