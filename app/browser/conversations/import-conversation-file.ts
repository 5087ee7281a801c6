import type { ConversationFile } from "~/conversation/conversation-file";
import type { ApiClient } from "~/browser/chat/api-client";
import { timestamp, type PageClock } from "~/browser/page/page-clock";
import { ApiError, PageError } from "~/browser/chat/api-error";
import type { Conversations } from "./conversations";

const FORMAT: ConversationFile["format"] = "holdfast-conversation";
const VERSION: ConversationFile["version"] = 1;

type Dependencies = {
  api: Pick<ApiClient, "session">;
  conversations: Pick<Conversations, "remember">;
  newId: () => string;
  clock: Pick<PageClock, "now">;
};

/**
 * Begins a conversation with the contents of a file written by `exportJson`, and returns its id. Other kinds of files
 * are refused here; the server checks the contents.
 * @throws PageError `importNotOurs`, `importNewer`, `importDamaged`, `importTooLarge`; ApiError for other failures
 */
export async function importConversationFile(
  { api, conversations, newId, clock }: Dependencies,
  text: string,
): Promise<string> {
  const title = titleIn(text);
  const id = newId();
  try {
    await api.session(id).import(text);
  } catch (error) {
    const code = error instanceof ApiError ? error.code : null;
    if (code === "file_newer_format") throw new PageError("importNewer", { cause: error });
    if (code === "bad_request") throw new PageError("importDamaged", { cause: error });
    if (code === "body_too_large" || code === "session_full")
      throw new PageError("importTooLarge", { cause: error });
    throw error;
  }
  conversations.remember({ id, title, updatedAt: timestamp(clock), saved: true });
  return id;
}

function titleIn(text: string): string {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw new PageError("importNotOurs", { cause });
  }
  if (typeof file !== "object" || file === null || !("format" in file) || file.format !== FORMAT) {
    throw new PageError("importNotOurs");
  }
  const { version, title } = file as { version?: unknown; title?: unknown };
  if (typeof version === "number" && version > VERSION) throw new PageError("importNewer");
  return typeof title === "string" ? title.trim() : "";
}
