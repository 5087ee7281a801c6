import { currentRequest } from "~/http/admission/request-context";
import { every, type Timer } from "~/timer";

export type ServerSentEvent = { id?: string; event?: string; data: string };

export type EventStreamOptions = {
  /** The request's signal: Remix never cancels the body of a client that has left. */
  signal: AbortSignal;
  /** Called with an error of the source. The stream then ends without a last event. */
  onFailure: (error: unknown) => void;
  /** Longest silence on the stream, in milliseconds. */
  heartbeatMs: number;
  timer: Timer;
};

/**
 * A response of server-sent events in the form of the AI SDK's UI message stream. It begins with a comment, so that
 * headers reach the client before the first event, and sends another one after each silence of `heartbeatMs`.
 */
export function eventStream(events: AsyncGenerator<ServerSentEvent>, options: EventStreamOptions): Response {
  const encoder = new TextEncoder();
  const context = currentRequest();
  const { signal, timer, heartbeatMs } = options;
  context.letGo();
  let stopHeartbeat = () => {};
  let isCancelled = false;
  let release = () => {};
  // Ends the source also where the body is never read: Remix drops it after a HEAD, or when the client has left.
  const leave = () => {
    stopHeartbeat();
    void events.return(undefined).catch(() => undefined);
  };
  // Started at once: `return()` of a generator that has not started runs none of its cleanup.
  let next: Promise<IteratorResult<ServerSentEvent>> = events.next();
  next.catch(() => undefined);
  // Pulled one by one, so that events for a slow client wait in the buffer that all followers share.
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const send = (text: string) => controller.enqueue(encoder.encode(text));
        stopHeartbeat = every(timer, heartbeatMs, () => {
          if (!context.lags()) send(": heartbeat\n\n");
        });
        if (signal.aborted) leave();
        else signal.addEventListener("abort", leave, { once: true });
        send(": open\n\n");
      },
      async pull(controller) {
        try {
          await context.drained();
          release();
          const event = await next;
          if (isCancelled) return;
          if (!event.done && !signal.aborted) {
            const bytes = encoder.encode(formatEvent(event.value));
            release = context.hold(bytes.byteLength);
            controller.enqueue(bytes);
            next = events.next();
            next.catch(() => undefined);
            return;
          }
          await events.return(undefined);
        } catch (error) {
          // The client sees a stream without its last event, and resumes from its cursor.
          options.onFailure(error);
        }
        stopHeartbeat();
        signal.removeEventListener("abort", leave);
        if (!isCancelled) controller.close();
      },
      cancel() {
        isCancelled = true;
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
