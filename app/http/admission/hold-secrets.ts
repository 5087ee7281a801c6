import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import type { Handler } from "~/http/handle-methods";

const SECRETS = ["X-Session-Id", "X-Share-Id", "X-Keyring-Id"];

/**
 * Wraps a handler so that the encryption keys of its request's secrets are held while it runs. Work that continues
 * afterwards, such as a stream, must hold them itself.
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
