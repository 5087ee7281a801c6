import { randomBytes } from "node:crypto";
import { createSingleFlight } from "~/single-flight";

/**
 * The HTML of pages, rendered once for each state that they show. Only its nonce differs from one response to the next,
 * so that a page costs no more than a file however many ask for it.
 */
export type RenderedPages = {
  /**
   * @param state all that the HTML depends on but the nonce; null where it is not worth keeping
   * @param render makes the HTML with this nonce
   * @returns the HTML, and the nonce of its scripts
   */
  get(
    state: string | null,
    render: (nonce: string) => Promise<string>,
  ): Promise<{ html: string; nonce: string }>;
};

/** States that are kept: a few addresses, with and without an access code. */
const MAX_KEPT = 32;

export function createRenderedPages(newNonce = () => randomBytes(16).toString("base64")): RenderedPages {
  /** Stands for the nonce, and is no client's to know. */
  const placeholder = newNonce();
  /** The HTML around the nonce; the state that was asked for last at the end. */
  const kept = new Map<string, readonly string[]>();
  const renderings = createSingleFlight<readonly string[]>();

  async function piecesOf(state: string, render: (nonce: string) => Promise<string>) {
    const pieces =
      kept.get(state) ??
      (await renderings(state, async () => (await render(placeholder)).split(placeholder)));
    kept.delete(state);
    kept.set(state, pieces);
    if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!);
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
