import type { TokenFiles } from "~/conversation/calls/token-files";
import type { OAuthConfig } from "../tools-config";
import { discoverEndpoint } from "./discover-endpoint";
import { requestTokens, TokensRefused } from "./request-tokens";
import { createTokenBox, type Tokens } from "./token-box";

/** The access token of one server, for all nodes. */
export type FleetTokens = {
  /** @throws where there is none: the refresh token was refused, or the authorization server does not answer */
  current(): Promise<string>;
  /** Called when the server has refused an access token. @returns another one */
  replace(refused: string): Promise<string>;
};

export type FleetTokensOptions = {
  oauth: OAuthConfig;
  /** The address of the server that the tokens are for. */
  resource: string;
  files: TokenFiles;
  fetch: typeof globalThis.fetch;
  epochMs: () => number;
  delay: (ms: number) => Promise<unknown>;
  /** A random name. */
  newId: () => string;
};

/** Time before the end of a token in which it is refreshed, in milliseconds. */
const EARLY_MS = 60_000;
/** Interval at which a node looks for the tokens that another one requests, in milliseconds. */
const POLL_MS = 250;
/** Polls after which the node that has claimed a refresh is held to be dead: three times what a request may take. */
const MAX_POLLS = 120;

type Known = { rev: number; tokens: Tokens };
type Refresh = { rev: number; refreshToken: string };

const refusedName = (rev: number) => `${String(rev)}.refused`;

/**
 * Access tokens that the whole fleet refreshes once: authorization servers revoke everything when a refresh token is used
 * twice. Revision n + 1 of the tokens is requested by the node that has made the file `<n + 1>.claim.0`, before it sends the
 * refresh token of revision n; the others wait for `<n + 1>.tokens`. Where the claimant has died, the next claim is
 * `<n + 1>.claim.1`: its request may be the second one with the same refresh token, which cannot be known. Nothing is lost
 * by it: the tokens that the dead one may have got are lost already. A refusal is final, as `<n + 1>.refused`, until the
 * operator configures another refresh token.
 */
export function createFleetTokens(options: FleetTokensOptions): FleetTokens {
  const { oauth, files, epochMs } = options;
  const box = createTokenBox(oauth, options.resource);
  const configured = { ...oauth, accessToken: oauth.accessToken ?? "", expiresAt: null };
  let known: Known = { rev: 0, tokens: configured };
  let running: Promise<Known> | null = null;

  const isUsable = ({ tokens: { accessToken, expiresAt } }: Known) =>
    accessToken !== "" && (expiresAt === null || epochMs() < expiresAt - EARLY_MS);

  /** The newest tokens. @throws TokensRefused where no node will get those of the revision that is wanted */
  async function load(wanted = 0): Promise<Known> {
    const names = await files.list(box.name);
    const revs = names.flatMap((name) => (name.endsWith(".tokens") ? [Number.parseInt(name, 10)] : []));
    const rev = Math.max(0, ...revs);
    if (rev < wanted && names.includes(refusedName(wanted))) throw new TokensRefused();
    if (rev <= known.rev) return known;
    const name = `${String(rev)}.tokens`;
    return { rev, tokens: box.open(name, await files.read(box.name, name)) };
  }

  /**
   * Refreshes the tokens of a revision, or waits for the node that does.
   * @throws TokensRefused also where another node was refused: the token is not sent once more
   */
  async function refresh(from: Known): Promise<Known> {
    const rev = from.rev + 1;
    for (let claim = 0; ; claim++) {
      const newest = await load(rev);
      if (newest.rev >= rev) return newest;
      const name = `${String(rev)}.claim.${String(claim)}`;
      if (await files.put(box.name, name, options.newId())) return request(from, name);
      for (let polls = 0; polls < MAX_POLLS; polls++) {
        const now = await load(rev);
        if (now.rev >= rev) return now;
        await options.delay(POLL_MS);
      }
    }
  }

  /** Called with the claim alone. */
  async function request(from: Known, claim: string): Promise<Known> {
    const now = await load();
    // The claimant before was slow, and not dead.
    if (now.rev > from.rev) return now;
    const rev = from.rev + 1;
    const next = { rev, tokens: await requestOrRelease({ rev, ...from.tokens }, claim) };
    await store(next);
    await removeBefore(files, box.name, next.rev).catch(() => undefined);
    return next;
  }

  /** The only copy of the tokens is in memory until they are stored: a volume that is away is waited for. */
  async function store({ rev, tokens }: Known) {
    const name = `${String(rev)}.tokens`;
    for (let tries = 1; ; tries++) {
      try {
        return await files.put(box.name, name, box.seal(name, tokens));
      } catch (error) {
        if (tries === MAX_POLLS) throw error;
        await options.delay(POLL_MS);
      }
    }
  }

  async function requestOrRelease({ rev, refreshToken }: Refresh, claim: string): Promise<Tokens> {
    try {
      const endpoint = await discoverEndpoint(oauth, options.resource, options.fetch);
      return await requestTokens(oauth, { endpoint, refreshToken, resource: options.resource }, options);
    } catch (error) {
      // The claimant before may have been slow, and store tokens yet: those count.
      if (error instanceof TokensRefused) await files.put(box.name, refusedName(rev), "").catch(() => false);
      // Otherwise every node would wait for this one, and then try for itself.
      await files.remove(box.name, claim).catch(() => undefined);
      throw error;
    }
  }

  async function next(refused: string | null): Promise<Known> {
    const newest = await load();
    const isNew = newest.tokens.accessToken !== refused;
    return isUsable(newest) && isNew ? newest : refresh(newest);
  }

  /** One at a time for this node. */
  async function renew(refused: string | null): Promise<string> {
    running ??= next(refused).finally(() => (running = null));
    known = await running;
    return known.tokens.accessToken;
  }

  return {
    current: async () => (isUsable(known) ? known.tokens.accessToken : renew(null)),
    replace: (refused) => renew(refused),
  };
}

/** Removes superseded revisions. The last one stays, for nodes that have listed it and not read it. */
async function removeBefore(files: TokenFiles, folder: string, rev: number) {
  for (const name of await files.list(folder)) {
    if (Number.parseInt(name, 10) < rev - 1) await files.remove(folder, name).catch(() => undefined);
  }
}

/** Sends requests with the fleet's access token, and once more with a new one where the server refuses it. */
export function withTokens(fetch: typeof globalThis.fetch, tokens: FleetTokens): typeof globalThis.fetch {
  const send = (token: string, ...[input, init]: Parameters<typeof globalThis.fetch>) => {
    const headers = new Headers(init?.headers);
    headers.set("Authorization", `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  return async (input, init) => {
    const token = await tokens.current();
    const response = await send(token, input, init);
    if (response.status !== 401) return response;
    await response.body?.cancel();
    // Refused before it came to a tool.
    return send(await tokens.replace(token), input, init);
  };
}
