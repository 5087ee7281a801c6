import { adaptationFor, type Adaptation, type ChatRequest } from "./chat-parameters";
import { normaliseChatStream } from "./chat-stream";
import { lastingStatus } from "./failure-words";

/** After the finish reason, for a chunk with the usage that some servers send last. */
const USAGE_GRACE_MS = 1_000;

/** As much of a refusal as is read: its reason is in the first lines. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Changes that one request may need: one for each part of it that can be refused. */
const MAX_ADAPTATIONS = 5;

/**
 * `fetch` for the AI SDK, in front of a server that speaks OpenAI's chat completions: answers arrive in the form
 * that the SDK expects. A request with a parameter that the server refuses is sent again without it, which is
 * remembered for the model.
 */
export function createChatFetch(options: { fetch?: typeof fetch; usageGraceMs?: number } = {}): typeof fetch {
  const graceMs = options.usageGraceMs ?? USAGE_GRACE_MS;
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
        return answerOf(response, graceMs);
      }
      const refusal = await readRefusal(response);
      const adaptation = mayAdapt(response.status, made) ? adaptationFor(refusal, request) : null;
      // A second change of one kind means that the first was not what was wanted.
      if (!adaptation || made.some(({ name }) => name === adaptation.name)) return refused(response, refusal);
      made.push(adaptation);
      request = adaptation.apply(request);
    }
  };
}

function mayAdapt(status: number, made: readonly Adaptation[]): boolean {
  return made.length < MAX_ADAPTATIONS && (status === 400 || status === 422 || status >= 500);
}

function answerOf(response: Response, graceMs: number): Response {
  const body = response.body ?? new ReadableStream({ start: (controller) => controller.close() });
  return new Response(normaliseChatStream(body, { graceMs }), {
    headers: { "content-type": "text/event-stream" },
  });
}

async function readRefusal(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let left = MAX_REFUSAL_BYTES;
  // Leaving the loop ends the connection, whatever the server still has to say.
  for await (const bytes of response.body ?? []) {
    text += decoder.decode((bytes as Uint8Array).subarray(0, left), { stream: true });
    left -= (bytes as Uint8Array).length;
    if (left <= 0) break;
  }
  return text;
}

/** The refusal for the SDK, which asks again where a later request might succeed. */
function refused(response: Response, text: string): Response {
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) headers.delete(name);
  return new Response(text, { status: lastingStatus(response.status, text), headers });
}
