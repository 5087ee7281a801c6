import { randomBytes } from "node:crypto";
import { setNewest } from "~/set-newest";
import { createSingleFlight } from "~/single-flight";

/**
 * Caches the HTML of pages by the state that they show. Responses with the same state differ only in their nonce, so a
 * page costs as little as a file.
 */
export type RenderedPages = {
  /**
   * @param state everything but the nonce that the HTML depends on; null where the HTML is not to be cached
   * @param render renders the HTML with a nonce
   * @returns the HTML, and the nonce of its scripts
   */
  get(
    state: string | null,
    render: (nonce: string) => Promise<string>,
  ): Promise<{ html: string; nonce: string }>;
};

/** States in the cache: a few addresses, each with and without an access code. */
const MAX_KEPT = 32;

export function createRenderedPages(newNonce = () => randomBytes(16).toString("base64")): RenderedPages {
  /** Replaces the nonce in the cache. Random, because a client that knew it could make a page split elsewhere. */
  const placeholder = newNonce();
  /** The HTML split at the nonces, by state, in order of last use. */
  const kept = new Map<string, readonly string[]>();
  const renderings = createSingleFlight<readonly string[]>();

  async function piecesOf(state: string, render: (nonce: string) => Promise<string>) {
    const pieces =
      kept.get(state) ??
      (await renderings(state, async () => (await render(placeholder)).split(placeholder)));
    setNewest(kept, state, pieces, MAX_KEPT);
    return pieces;
  }

  return {
    async get(state, render) {
      const nonce = newNonce();
      const html = state === null ? await render(nonce) : (await piecesOf(state, render)).join(nonce);
      return { html, nonce };
    },
  };
}
