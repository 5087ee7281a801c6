import { adaptationFor, type Adaptation, type ChatRequest } from "./chat-parameters";
import type { Timer } from "~/timer";
import { normaliseChatStream, type Grace } from "./chat-stream";
import { lastingStatus } from "./failure-words";

/** Time after the finish reason in which some servers send a chunk with the usage, in milliseconds. */
const USAGE_GRACE_MS = 1_000;

/** Bytes of a refusal that are read: its reason is in the first lines. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Largest number of changes to one request: one for each part that servers refuse. */
const MAX_ADAPTATIONS = 5;

/**
 * Makes a `fetch` for the AI SDK that adapts servers of OpenAI's chat completions protocol: it normalises responses
 * to the form that the SDK expects, and sends a request again without a parameter that the server refuses, which it
 * remembers for the model.
 * @param options `usageGraceMs`: time after the finish reason in which a chunk with the usage is waited for
 */
export function createChatFetch(options: {
  fetch?: typeof fetch;
  usageGraceMs?: number;
  timer: Timer;
}): typeof fetch {
  const grace: Grace = { graceMs: options.usageGraceMs ?? USAGE_GRACE_MS, timer: options.timer };
  const remembered = new Map<unknown, Adaptation[]>();

  return async (url, init) => {
    const send = options.fetch ?? globalThis.fetch;
    const original = JSON.parse(init?.body as string) as ChatRequest;
    const known = remembered.get(original.model) ?? [];
    let request = known.reduce((body, { apply }) => apply(body), original);
    const made: Adaptation[] = [];
    for (;;) {
      const response = await send(url, { ...init, body: JSON.stringify(request) });
      if (response.ok) {
        const lasting = [...known, ...made.filter(({ lasts }) => lasts)];
        if (lasting.length > known.length) remembered.set(original.model, lasting);
        return answerOf(response, grace);
      }
      const refusal = await readRefusal(response);
      const adaptation = mayAdapt(response.status, made) ? adaptationFor(refusal, request) : null;
      // A second change of the same kind means that the first one did not help.
      if (!adaptation || made.some(({ name }) => name === adaptation.name)) return refused(response, refusal);
      made.push(adaptation);
      request = adaptation.apply(request);
    }
  };
}

function mayAdapt(status: number, made: readonly Adaptation[]): boolean {
  return made.length < MAX_ADAPTATIONS && (status === 400 || status === 422 || status >= 500);
}

function answerOf(response: Response, grace: Grace): Response {
  const body = response.body ?? new ReadableStream({ start: (controller) => controller.close() });
  return new Response(normaliseChatStream(body, grace), {
    headers: { "content-type": "text/event-stream" },
  });
}

async function readRefusal(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let left = MAX_REFUSAL_BYTES;
  // Leaving the loop closes the connection.
  for await (const bytes of response.body ?? []) {
    text += decoder.decode((bytes as Uint8Array).subarray(0, left), { stream: true });
    left -= (bytes as Uint8Array).length;
    if (left <= 0) break;
  }
  return text;
}

/** The refusal as the SDK reads it. The SDK retries the statuses that may pass. */
function refused(response: Response, text: string): Response {
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) headers.delete(name);
  return new Response(text, { status: lastingStatus(response.status, text), headers });
}
