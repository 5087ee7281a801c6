import { beforeAll, expect, test } from "vitest";
import { ApiError } from "~/browser/chat/api-error";
import { KeyringError } from "~/browser/keyring/keyring";
import { fromRecoveryCode } from "~/browser/keyring/sealing/recovery-code";
import { PasskeyError } from "~/browser/keyring/sealing/webauthn.client";
import { createTranslator } from "~/i18n/create-translator";
import { loadLaterTexts } from "~/i18n/later-texts";
import { keyringProblem } from "./keyring-problem";

const { i18n } = createTranslator("Holdfast");
const { t } = i18n;
beforeAll(loadLaterTexts);

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

test.each<[string, unknown, RegExp]>([
  ["a code that is cut", errorOf(() => fromRecoveryCode("ABCD-EFGH")), /incomplete: 8 of 56 characters/],
  ["a code with other characters", errorOf(() => fromRecoveryCode("ABCD?")), /part of a code: \?/],
  ["a passkey that was not chosen", new PasskeyError("cancelled"), /No passkey was chosen/],
  ["plain http", new PasskeyError("insecure"), /https/],
  ["a keyring that is gone", new KeyringError("gone"), /Use the new code/],
  ["a server that is away", new ApiError("unreachable", "", 0), /cannot be reached/],
])("%s is explained by a sentence", (_, error, sentence) => {
  expect(keyringProblem(t, error)).toMatch(sentence);
});
