import { Agent, request, type IncomingMessage } from "node:http";
import type { PostMessageBody } from "~/conversation/api";
import { newId } from "~/conversation/session-id";
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
      const { script, parentId = null, replyMessageId } = question;
      const body: PostMessageBody = {
        message: { id: newId(), parts: [{ type: "text", text: formatScript(script) }] },
        parentId,
        ...(replyMessageId !== undefined && { replyMessageId }),
      };
      return send("POST", "/api/session/messages", sessionId, JSON.stringify(body), onToken);
    },
    follow: (sessionId: string, onToken: TokenListener) =>
      send("GET", "/api/session/stream", sessionId, null, onToken),
    close: () => agent.destroy(),
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
