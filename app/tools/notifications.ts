import { EventSourceParserStream, type EventSourceMessage } from "eventsource-parser/stream";
import { isObject } from "~/conversation/is-object";
import { reportProgress } from "./tool-delivery";

export type NotificationHandlers = {
  /** Called when the server says that its tools have changed. */
  onListChange: () => void;
  /** Characters of one event. A stream with a longer one fails. */
  maxLength: number;
};

export type NotificationFilter = ReturnType<typeof createNotificationFilter>;

/**
 * Takes the notifications out of what a server sends. The client of the AI SDK knows none, and reports each as an error.
 */
export function createNotificationFilter(handlers: NotificationHandlers) {
  /** @returns whether the message is a notification, which was handled */
  function take(message: unknown): boolean {
    const { method, id, params } = message as { method?: unknown; id?: unknown; params?: unknown };
    if (typeof method !== "string" || id !== undefined) return false;
    if (method === "notifications/tools/list_changed") handlers.onListChange();
    if (method === "notifications/progress" && isObject(params)) reportProgress(params);
    return true;
  }

  function takeEvent({ data }: EventSourceMessage): boolean {
    // Results are not parsed twice: they need not contain this word.
    if (!data.includes('"method"')) return false;
    try {
      return take(JSON.parse(data));
    } catch {
      return false;
    }
  }

  return {
    take,
    /** The same for servers over HTTP, whose messages come in event streams. */
    filterFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
      return async (input, init) => {
        const response = await fetch(input, init);
        const isStream = response.headers.get("content-type")?.includes("text/event-stream") ?? false;
        if (!isStream || !response.body) return response;
        const body = response.body
          .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
          .pipeThrough(new EventSourceParserStream({ maxBufferSize: handlers.maxLength }))
          .pipeThrough(
            new TransformStream<EventSourceMessage, string>({
              transform(event, controller) {
                if (!takeEvent(event)) controller.enqueue(serialize(event));
              },
            }),
          )
          .pipeThrough(new TextEncoderStream());
        return new Response(body, response);
      };
    },
  };
}

function serialize({ event, id, data }: EventSourceMessage): string {
  const fields = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...data.split("\n").map((line) => `data: ${line}`),
  ];
  return `${fields.join("\n")}\n\n`;
}
