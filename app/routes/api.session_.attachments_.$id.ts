import { ATTACHMENT_ID_PATTERN } from "~/conversation/files/attachment";
import { ExpectedError } from "~/conversation/expected-error";
import { cacheHasFile, fileNotModified, fileResponse } from "~/http/file-response";
import { lastSegment, requireSessionHash } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET(request) {
    const sessionHash = requireSessionHash(request);
    const id = lastSegment(request);
    const isId = ATTACHMENT_ID_PATTERN.test(id);
    if (isId && cacheHasFile(request, id) && (await services.attachments.has(sessionHash, id))) {
      return fileNotModified(id);
    }
    const file = isId ? await services.attachments.read(sessionHash, id) : null;
    if (!file) throw new ExpectedError("attachment_not_found", "This file is not in the conversation.");
    return fileResponse({ ...file, id });
  },
});

export const loader = handle;
export const action = handle;
