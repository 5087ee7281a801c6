import type { Observable } from "~/browser/page/observable";
import type { Phase } from "./phase";

/** A way to the keyring other than its code: a passkey that holds what its secret is sealed with. */
export type PasskeyEntry = {
  /** Id under which the sealed secret is stored. */
  id: string;
  /** ISO 8601. */
  addedAt: string;
};

export type KeyringState = {
  phase: Phase;
  /** This browser has changes that the keyring does not have yet. */
  isWaiting: boolean;
  /** When the keyring and this browser last had the same, in milliseconds since 1970; null if unknown. */
  syncedAt: number | null;
  /** The server has once shown an older keyring than this browser had seen, until `dismissRollback`. */
  wasRolledBack: boolean;
  passkeys: readonly PasskeyEntry[];
  /** Conversations that are still to be moved to new ids, because a device was lost. */
  toMove: number;
};

/**
 * Why this browser cannot use passkeys for the keyring. `insecure`: the page came by plain http. `unsupported`: the
 * browser has no passkeys, or none that can hold a secret (the WebAuthn extension PRF).
 */
export type PasskeyProblem = "insecure" | "unsupported";

/**
 * The keyring of this browser: its conversations, presets, preferences, drafts and unsent messages on all devices that
 * have its secret. The page loads it on demand: `app.keyring.load()` resolves with it, `app.keyring` is its state, which
 * is `off` without loading anything.
 *
 * Functions that ask the server reject with an ApiError; those of passkeys also with a PasskeyError, whose `problem`
 * says why, `cancelled` if the person has closed the browser's dialog.
 */
export type Keyring = Observable<KeyringState> & {
  /** Makes a new keyring of what this browser has. Resolves when the server has stored it. */
  turnOn: () => Promise<void>;
  /**
   * Adds this browser to a keyring. Resolves when both have the same.
   * @param codeOrSecret a recovery code as typed, or the secret of a link
   * @throws RecoveryCodeError with what is wrong with the code; KeyringError `not_found` if no keyring has this code,
   *   `gone` if it was deleted or replaced, `unreadable` or `newer` if it cannot be opened
   */
  join: (codeOrSecret: string) => Promise<void>;
  /**
   * The same with a passkey, which the browser asks for.
   * @throws KeyringError as `join`; PasskeyError
   */
  joinWithPasskey: () => Promise<void>;
  /**
   * Makes a passkey that opens this keyring, or, with `isNew` false, has the person choose one that exists.
   * @throws PasskeyError
   */
  addPasskey: (options: { isNew: boolean }) => Promise<void>;
  /** The passkey no longer opens the keyring. It stays in the browser or wherever it is kept. */
  removePasskey: (id: string) => Promise<void>;
  /** To be shown once, printed and typed again. */
  recoveryCode: () => string;
  /** Whether this is the code of this keyring. @throws RecoveryCodeError with what is wrong with it */
  isOwnCode: (typed: string) => boolean;
  /** For a link or a QR code that adds another device; gives all rights to the keyring. */
  secretForLink: () => string;
  /** Sends what waits, and leaves the keyring. The list stays in this browser unless it is to be cleared. */
  forgetBrowser: (options: { clearsList: boolean }) => Promise<void>;
  /**
   * Moves the keyring to a new secret, which only this browser has then, and deletes the old one: other devices find it
   * `deleted` and join again with the new code. Passkeys are to be added again. Conversations that a lost device knew
   * stay readable to it unless they are to be moved to new ids, which goes on when this has resolved.
   */
  forgetDevices: (options: { movesConversations: boolean }) => Promise<void>;
  /** Deletes the keyring on the server, for all devices. The list stays in each browser. */
  deleteKeyring: () => Promise<void>;
  /** Reads the keyring again, and sends what waits. */
  syncNow: () => Promise<void>;
  dismissRollback: () => void;
};

export type KeyringErrorCode = "not_found" | "gone" | "unreadable" | "newer" | "full";

/** A keyring that cannot be used as it was to be. */
export class KeyringError extends Error {
  override readonly name = "KeyringError";
  readonly code: KeyringErrorCode;

  constructor(code: KeyringErrorCode, options?: ErrorOptions) {
    super(`The keyring: ${code}.`, options);
    this.code = code;
  }
}
