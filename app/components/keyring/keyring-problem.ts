import type { TFunction } from "i18next";
import { userErrorOf } from "~/browser/chat/api-error";
import { KeyringError } from "~/browser/keyring/keyring";
import { CODE_LENGTH, RecoveryCodeError } from "~/browser/keyring/sealing/recovery-code";
import { PasskeyError } from "~/browser/keyring/sealing/webauthn.client";
import { sentenceFor } from "~/i18n/user-error";

/** What went wrong with the keyring, as a sentence that says what to do. */
export function keyringProblem(t: TFunction, error: unknown): string {
  if (error instanceof RecoveryCodeError) {
    const { characters = "", length = 0 } = error.details;
    return t(`keyring.code.problem.${error.problem}`, { characters, length, count: CODE_LENGTH });
  }
  if (error instanceof PasskeyError) return t(`keyring.passkey.problem.${error.problem}`);
  if (error instanceof KeyringError) return t(`keyring.problem.${error.code}`);
  return sentenceFor(t, userErrorOf(error));
}
