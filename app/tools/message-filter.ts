import { EventSourceParserStream, type EventSourceMessage } from "eventsource-parser/stream";
import { isObject } from "~/conversation/is-object";
import { reportProgress } from "./tool-delivery";
import { readToolList } from "./tool-list";

export type MessageHandlers = {
  /** Called when the server says that its tools have changed. */
  onListChange: () => void;
  /** Called with the names of the tools that were left out of a list. */
  onToolsLeftOut: (names: readonly string[]) => void;
  /** Characters of one event. A stream with a longer one fails. */
  maxLength: number;
};

export type MessageFilter = ReturnType<typeof createMessageFilter>;

/**
 * Takes out of what a server sends what the client of the AI SDK cannot take: notifications, and answers without an id,
 * each of which it reports as an error, and tools that it cannot read, for one of which it refuses the whole list.
 */
export function createMessageFilter(handlers: MessageHandlers) {
  /** @returns the message for the client; null for a notification, which was handled, and for what is no message */
  function read<M extends object>(message: M): M | null {
    const { method, id, params, result } = message as Record<"method" | "id" | "params" | "result", unknown>;
    if (typeof method === "string" && id === undefined) {
      if (method === "notifications/tools/list_changed") handlers.onListChange();
      if (method === "notifications/progress" && isObject(params)) reportProgress(params);
      return null;
    }
    // An answer to no request.
    if (typeof method !== "string" && (id ?? null) === null) return null;
    const list = readToolList(result);
    if (!list) return message;
    if (list.leftOut.length > 0) handlers.onToolsLeftOut(list.leftOut);
    return { ...message, result: list.result };
  }

  /** @returns null for a notification */
  function readText(text: string): string | null {
    try {
      const message = JSON.parse(text) as object;
      const taken = read(message);
      return taken === message ? text : taken && JSON.stringify(taken);
    } catch {
      return text;
    }
  }

  function readEvent(event: EventSourceMessage): EventSourceMessage | null {
    // Results of calls are not parsed twice: they need not contain these words.
    if (!/"method"|"tools"/.test(event.data)) return event;
    const data = readText(event.data);
    return data === null ? null : { ...event, data };
  }

  return {
    read,
    /** The same for servers over HTTP. */
    filterFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
      return async (input, init) => {
        const response = await fetch(input, init);
        const type = response.headers.get("content-type") ?? "";
        if (type.includes("application/json") && asksForTools(init))
          return new Response(readText(await response.text()), response);
        if (!type.includes("text/event-stream") || !response.body) return response;
        const body = response.body
          .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
          .pipeThrough(new EventSourceParserStream({ maxBufferSize: handlers.maxLength }))
          .pipeThrough(
            new TransformStream<EventSourceMessage, string>({
              transform(event, controller) {
                const taken = readEvent(event);
                if (taken) controller.enqueue(serialize(taken));
              },
            }),
          )
          .pipeThrough(new TextEncoderStream());
        return new Response(body, response);
      };
    },
  };
}

const asksForTools = (init?: RequestInit) =>
  typeof init?.body === "string" && init.body.includes('"tools/list"');

function serialize({ event, id, data }: EventSourceMessage): string {
  const fields = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...data.split("\n").map((line) => `data: ${line}`),
  ];
  return `${fields.join("\n")}\n\n`;
}
