import { cancellationOf, deliver, type Message } from "./tool-delivery";

/** Failures of a connection before its first byte. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"],
  ...["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN"],
  ...["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "ERR_TLS_CERT_ALTNAME_INVALID"],
]);

/** A fetch for servers of tools over HTTP, which knows whether a call has reached its server. */
export function createToolFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const sent = messageIn(init?.body);
    if (!sent) return fetch(input, init);
    const { message, delivery } = deliver(sent);
    if (!delivery) return fetch(input, init);
    const { signal } = init ?? {};
    const cancel = () => {
      if (delivery.isOver) return;
      const body = JSON.stringify(cancellationOf(message));
      // Best effort: the server may have answered, or be gone.
      void fetch(input, { ...init, body, signal: null }).catch(() => undefined);
    };
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const response = await fetch(input, { ...init, body: JSON.stringify(message) });
      // The server has refused the request before it came to the tool. Not so 408, which may come late.
      if (response.status >= 400 && response.status < 500 && response.status !== 408) {
        delivery.isSent = false;
        // There is nothing to cancel, also if the same is sent again.
        signal?.removeEventListener("abort", cancel);
      }
      return response;
    } catch (error) {
      if (NOT_CONNECTED.has(codeOf(error))) delivery.isSent = false;
      throw error;
    }
  };
}

function messageIn(body: unknown): Message | null {
  if (typeof body !== "string") return null;
  try {
    return JSON.parse(body) as Message;
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === "string") return code;
  return cause === undefined || cause === null ? "" : codeOf(cause);
}
