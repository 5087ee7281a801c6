import type { PasskeyProblem } from "~/browser/keyring/keyring";

/**
 * What is asked of the passkey's PRF (WebAuthn Level 3, 10.1.4): always the same, so that it always gives the same
 * bytes. User verification is always required, since an authenticator gives other bytes without it.
 */
const PRF_INPUT = new TextEncoder().encode("holdfast keyring");
/** Time for the person to answer the browser's dialog, in milliseconds. */
const TIMEOUT_MS = 120_000;
const COSE_ES256 = -7;
const COSE_RS256 = -257;

/**
 * Why there is no secret of a passkey. `cancelled`: the person closed the dialog, or had no passkey to choose.
 * `no_secret`: this passkey, or where it is kept, cannot hold one. `taken`: it opens another keyring. `failed`: anything
 * else.
 */
export type PasskeyFailure = PasskeyProblem | "cancelled" | "no_secret" | "taken" | "failed";

export class PasskeyError extends Error {
  override readonly name = "PasskeyError";
  readonly problem: PasskeyFailure;

  constructor(problem: PasskeyFailure, options?: ErrorOptions) {
    super(`The passkey: ${problem}.`, options);
    this.problem = problem;
  }
}

export type Passkeys = {
  /** Makes a passkey. @returns its 32 bytes. @throws PasskeyError */
  create: (name: string) => Promise<Uint8Array>;
  /** Has the person choose one. @returns its 32 bytes. @throws PasskeyError */
  choose: () => Promise<Uint8Array>;
};

type Page = Pick<Window & typeof globalThis, "navigator" | "isSecureContext"> & {
  PublicKeyCredential?: typeof PublicKeyCredential & {
    getClientCapabilities?: () => Promise<Record<string, boolean | undefined>>;
  };
};

/** Null if passkeys can hold a secret in this browser, as far as it says. */
export async function findPasskeyProblem(page: Page): Promise<PasskeyProblem | null> {
  if (!page.isSecureContext) return "insecure";
  const api = page.PublicKeyCredential;
  if (!api || !("credentials" in page.navigator)) return "unsupported";
  // Missing in browsers that may support it all the same.
  const capabilities = await api.getClientCapabilities?.().catch(() => null);
  return capabilities?.["extension:prf"] === false ? "unsupported" : null;
}

export function createPasskeys(page: Page): Passkeys {
  async function ask(act: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
    const reason = await findPasskeyProblem(page);
    if (reason) throw new PasskeyError(reason);
    try {
      return (await act()) as PublicKeyCredential;
    } catch (cause) {
      const name = cause instanceof DOMException ? cause.name : "";
      const isCancelled = name === "NotAllowedError" || name === "AbortError";
      throw new PasskeyError(isCancelled ? "cancelled" : "failed", { cause });
    }
  }

  /** @param id the passkey to ask; any that the person chooses without one */
  async function get(id?: BufferSource): Promise<Uint8Array> {
    const allowCredentials = id ? [{ type: "public-key" as const, id }] : [];
    const credential = await ask(() =>
      page.navigator.credentials.get({
        publicKey: {
          ...{ challenge: random(32), timeout: TIMEOUT_MS, allowCredentials, userVerification: "required" },
          extensions: { prf: { eval: { first: PRF_INPUT } } },
        },
      }),
    );
    const secret = secretOf(credential);
    if (!secret) throw new PasskeyError("no_secret");
    return secret;
  }

  return {
    async create(name) {
      const credential = await ask(() =>
        page.navigator.credentials.create({
          publicKey: {
            ...{ challenge: random(32), timeout: TIMEOUT_MS },
            rp: { name },
            user: { id: random(16), name, displayName: name },
            pubKeyCredParams: [COSE_ES256, COSE_RS256].map((alg) => ({ type: "public-key", alg })),
            authenticatorSelection: { residentKey: "required", userVerification: "required" },
            extensions: { prf: { eval: { first: PRF_INPUT } } },
          },
        }),
      );
      // Many authenticators give the bytes only when the passkey is used.
      return secretOf(credential) ?? get(credential.rawId);
    },
    choose: () => get(),
  };
}

function secretOf(credential: PublicKeyCredential): Uint8Array | null {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (!first) return null;
  const bytes = first instanceof ArrayBuffer ? new Uint8Array(first) : new Uint8Array(first.buffer);
  return bytes.length === 32 ? bytes : null;
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
