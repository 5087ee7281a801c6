import type { SessionView } from "~/conversation/api";
import type { SessionApi } from "./session-api";
import { ApiError } from "./api-error";

/**
 * Reads a session.
 * @throws ApiError, `session_not_found` if it does not exist
 */
export async function loadSession(api: Pick<SessionApi, "load">, signal?: AbortSignal): Promise<SessionView> {
  const answer = await api.load(null, signal);
  if (answer.kind === "session") return answer.session;
  throw new ApiError("session_not_found", "This conversation does not exist or was deleted.", 404);
}
