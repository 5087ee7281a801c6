export type ServerSentEvent = { id?: string; event?: string; data: string };

export type EventStreamOptions = {
  /** The request's: Remix never cancels the body of a client that has gone. */
  signal: AbortSignal;
  failed: (error: unknown) => void;
  /** Longest silence on the stream, in milliseconds. */
  heartbeatMs: number;
};

/**
 * A response of server-sent events in the form of the AI SDK's UI message stream. It begins with a comment, so
 * that headers reach the client before the first event, and breaks every silence with another.
 */
export function eventStream(events: AsyncGenerator<ServerSentEvent>, options: EventStreamOptions): Response {
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout;
  let left = false;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string) => controller.enqueue(encoder.encode(text));
      heartbeat = setInterval(() => send(": heartbeat\n\n"), options.heartbeatMs);
      send(": open\n\n");
      try {
        for await (const event of events) {
          if (left || options.signal.aborted) break;
          send(formatEvent(event));
        }
      } catch (error) {
        // The client sees a stream that ends without a last word, and asks again from its cursor.
        options.failed(error);
      } finally {
        clearInterval(heartbeat);
        if (!left) controller.close();
      }
    },
    cancel() {
      left = true;
      clearInterval(heartbeat);
    },
  });
  return new Response(body, {
    headers: {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-cache, no-transform",
      "X-Accel-Buffering": "no",
      "X-Vercel-AI-UI-Message-Stream": "v1",
    },
  });
}

function formatEvent({ id, event, data }: ServerSentEvent): string {
  return `${id === undefined ? "" : `id: ${id}\n`}${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`;
}
