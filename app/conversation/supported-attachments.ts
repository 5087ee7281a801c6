import { attachmentKind, attachmentParts, type AttachmentKind } from "./attachment";
import { ExpectedError } from "./expected-error";
import type { ModelOffer } from "./language-model";
import type { UserMessage } from "./session";

/**
 * Checks that a model takes the attachments of a message.
 * @throws ExpectedError `attachment_not_supported`
 */
export function checkSupported(
  { name, accepts }: Pick<ModelOffer, "name" | "accepts">,
  { parts }: Pick<UserMessage, "parts">,
): void {
  const refused = attachmentParts(parts).find(
    ({ mediaType }) => !accepts.includes(attachmentKind(mediaType)),
  );
  if (!refused) return;
  const kind = attachmentKind(refused.mediaType);
  throw new ExpectedError("attachment_not_supported", notSupported(name, accepts, refused.filename, kind), {
    details: { filename: refused.filename, kind },
  });
}

function notSupported(
  name: string,
  accepts: readonly AttachmentKind[],
  filename: string,
  kind: AttachmentKind,
): string {
  const what = accepts.length === 0 ? "files" : `${kind}s`;
  return `${name} cannot be given ${what}. Choose another model, or leave out “${filename}”.`;
}
