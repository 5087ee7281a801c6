import type { SessionView } from "~/conversation/api";
import type { SessionApi } from "./session-api";
import { ApiError } from "./api-error";

/**
 * A conversation as the server has it now.
 * @throws ApiError `session_not_found` where there is none
 */
export async function loadSession(api: Pick<SessionApi, "load">): Promise<SessionView> {
  const answer = await api.load(null);
  if (answer.kind === "session") return answer.session;
  throw new ApiError("session_not_found", "This conversation does not exist, or was deleted.", 404);
}
