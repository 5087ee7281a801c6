/**
 * A fetch whose responses to requests with a body fail after `maxBytes`: a client would read them into memory as a whole.
 * Other responses are streams of events, of which each is bounded where they are parsed.
 */
export function boundedFetch(fetch: typeof globalThis.fetch, maxBytes: number): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!response.body || init?.body == null) return response;
    let length = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        length += bytes.byteLength;
        if (length > maxBytes) controller.error(new Error("the server has sent too much"));
        else controller.enqueue(bytes);
      },
    });
    return new Response(response.body.pipeThrough(counted), response);
  };
}
