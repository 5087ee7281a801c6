import { currentRequest } from "~/http/admission/request-context";

export type ServerSentEvent = { id?: string; event?: string; data: string };

export type EventStreamOptions = {
  /** The request's: Remix never cancels the body of a client that has gone. */
  signal: AbortSignal;
  onFailure: (error: unknown) => void;
  /** Longest silence on the stream, in milliseconds. */
  heartbeatMs: number;
};

/**
 * A response of server-sent events in the form of the AI SDK's UI message stream. It begins with a comment, so
 * that headers reach the client before the first event, and breaks every silence with another.
 */
export function eventStream(events: AsyncGenerator<ServerSentEvent>, options: EventStreamOptions): Response {
  const encoder = new TextEncoder();
  const requestContext = currentRequest();
  const { signal } = options;
  requestContext.letGo();
  let heartbeat: NodeJS.Timeout;
  let left = false;
  let release = () => {};
  const quiet = () => clearInterval(heartbeat);
  // Nobody may ever read the body: Remix drops it where the client has left meanwhile, or asked with HEAD.
  const leave = () => {
    quiet();
    void events.return(undefined).catch(() => undefined);
  };
  // Begun at once: a generator that has not begun does nothing when it is to end.
  let next: Promise<IteratorResult<ServerSentEvent>> = events.next();
  next.catch(() => undefined);
  // Pulled one by one, so that what a client is slow to read waits where all followers share it.
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (text: string) => controller.enqueue(encoder.encode(text));
        heartbeat = setInterval(() => {
          if (!requestContext.lags()) send(": heartbeat\n\n");
        }, options.heartbeatMs);
        if (signal.aborted) leave();
        else signal.addEventListener("abort", leave, { once: true });
        send(": open\n\n");
      },
      async pull(controller) {
        try {
          await requestContext.drained();
          release();
          const event = await next;
          if (left) return;
          if (!event.done && !signal.aborted) {
            const bytes = encoder.encode(formatEvent(event.value));
            release = requestContext.hold(bytes.byteLength);
            controller.enqueue(bytes);
            next = events.next();
            next.catch(() => undefined);
            return;
          }
          await events.return(undefined);
        } catch (error) {
          // The client sees a stream that ends without a last word, and asks again from its cursor.
          options.onFailure(error);
        }
        quiet();
        signal.removeEventListener("abort", leave);
        if (!left) controller.close();
      },
      cancel() {
        left = true;
        leave();
      },
    },
    { highWaterMark: 0 },
  );
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
