import { attachmentKind, attachmentParts, isTaken } from "./attachment";
import { ExpectedError } from "~/conversation/expected-error";
import type { ModelOffer } from "~/conversation/language-model";
import type { UserMessage } from "~/conversation/session/session";

/**
 * Checks that a model takes the attachments of a message.
 * @throws ExpectedError `attachment_not_supported`
 */
export function checkSupported(
  { name, accepts }: Pick<ModelOffer, "name" | "accepts">,
  { parts }: Pick<UserMessage, "parts">,
): void {
  const refused = attachmentParts(parts).find(({ mediaType }) => !isTaken(accepts, mediaType));
  if (!refused) return;
  const kind = attachmentKind(refused.mediaType);
  const what = kind === "image" ? "images" : "PDF files";
  throw new ExpectedError(
    "attachment_not_supported",
    `${name} does not support ${what}. Choose another model or remove “${refused.filename}”.`,
    { details: { filename: refused.filename, kind } },
  );
}
