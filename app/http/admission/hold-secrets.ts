import { SESSION_ID_PATTERN } from "~/conversation/session-id";
import type { Handler } from "~/http/handle-methods";

const SECRETS = ["X-Session-Id", "X-Share-Id"];

/**
 * A handler for which the keys of the secrets that its request brings are held from beginning to end. What goes on
 * after it, such as a stream, holds them for itself.
 */
export function holdSecrets(handler: Handler, hold: (secret: string) => { release: () => void }): Handler {
  return async (request) => {
    const secrets = SECRETS.map((name) => request.headers.get(name) ?? "");
    const held = secrets.filter((secret) => SESSION_ID_PATTERN.test(secret)).map(hold);
    try {
      return await handler(request);
    } finally {
      for (const { release } of held) release();
    }
  };
}
