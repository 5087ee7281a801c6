import { Agent, request, type IncomingMessage } from "node:http";
import type { PostMessageBody } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { formatScript, monotonicUs, stampsIn, type Script } from "./stamped-token.ts";

export type TokenListener = (producedAt: number, receivedAt: number) => void;
/** Times in microseconds. `whole`: the stream came to its last word. */
export type StreamedReply = { sentAt: number; firstTokenAt: number; tokens: number; whole: boolean };

export type Question = { script: Script; parentId?: string | null; replyMessageId?: string };

/** A browser in its cheapest form: it shares the processors with what it measures. */
export function createTokenClient(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

  function send(
    method: "GET" | "POST",
    path: string,
    sessionId: string,
    body: string | null,
    onToken: TokenListener,
  ): Promise<StreamedReply> {
    return new Promise((resolve, reject) => {
      const headers = { "X-Session-Id": sessionId, ...(body && { "Content-Type": "application/json" }) };
      const sentAt = monotonicUs();
      const sent = request(url + path, { method, agent, headers }, (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`${method} ${path} was answered with ${response.statusCode}`));
        } else readTokens(response, onToken).then((read) => resolve({ sentAt, ...read }), reject);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  return {
    ask(sessionId: string, question: Question, onToken: TokenListener = () => undefined) {
      return send("POST", "/api/session/messages", sessionId, JSON.stringify(bodyOf(question)), onToken);
    },
    /** Posts a question without following its answer. @returns the time until the server has it, in milliseconds */
    async acknowledge(sessionId: string, question: Question): Promise<number> {
      const sentAt = monotonicUs();
      const response = await fetch(`${url}/api/session/messages`, {
        method: "POST",
        headers: {
          "X-Session-Id": sessionId,
          "Content-Type": "application/json",
          Accept: "application/json",
        },
        body: JSON.stringify(bodyOf(question)),
      });
      await response.text();
      if (response.status !== 202) throw new Error(`a question was answered with ${response.status}`);
      return (monotonicUs() - sentAt) / 1_000;
    },
    follow: (sessionId: string, onToken: TokenListener) =>
      send("GET", "/api/session/stream", sessionId, null, onToken),
    close: () => agent.destroy(),
  };
}

function bodyOf({ script, parentId = null, replyMessageId }: Question): PostMessageBody {
  return {
    message: { id: newId(), parts: [{ type: "text", text: formatScript(script) }] },
    parentId,
    ...(replyMessageId !== undefined && { replyMessageId }),
  };
}

function readTokens(
  response: IncomingMessage,
  onToken: TokenListener,
): Promise<Omit<StreamedReply, "sentAt">> {
  return new Promise((resolve, reject) => {
    let firstTokenAt = NaN;
    let tokens = 0;
    let whole = false;
    let rest = "";
    response.setEncoding("latin1").on("data", (piece: string) => {
      const receivedAt = monotonicUs();
      const text = rest + piece;
      const end = text.lastIndexOf("\n") + 1;
      const lines = text.slice(0, end);
      rest = text.slice(end);
      for (const producedAt of stampsIn(lines)) {
        if (tokens++ === 0) firstTokenAt = receivedAt;
        onToken(producedAt, receivedAt);
      }
      whole ||= lines.includes("data: [DONE]");
    });
    response.on("end", () => resolve({ firstTokenAt, tokens, whole }));
    response.on("error", reject);
  });
}
