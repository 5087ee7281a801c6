import { patchSessionBody } from "~/conversation/api";
import { requireSession } from "~/conversation/session/require-session";
import { viewOf } from "~/conversation/session/session-view";
import { askerAddress } from "~/http/admission/client-address";
import { isKnown } from "~/http/etag";
import { readJson, requireSessionHash } from "~/http/request-input";
import type { SessionRecord } from "~/store/sessions/session-store";
import { deleteSession } from "~/use-cases/delete-session";
import { editSession } from "~/use-cases/edit-session";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET(request) {
    const sessionHash = requireSessionHash(request);
    const known = request.headers.get("If-None-Match");
    return (await answerFromCache(sessionHash, known)) ?? (await answerFromStore(sessionHash, known));
  },

  async PATCH(request) {
    const sessionHash = requireSessionHash(request);
    const edit = await readJson(request, patchSessionBody, services.limits.maxBodyBytes);
    const record = await editSession(sessionHash, askerAddress(request), edit, services);
    return respond(sessionHash, requireSession(record));
  },

  async DELETE(request) {
    await deleteSession(requireSessionHash(request), services);
    return new Response(null, { status: 204 });
  },
});

export const loader = handle;
export const action = handle;

/**
 * Answers without reading the session, which takes long for a large one: most clients have the newest revision already,
 * or ask for one whose response is cached. Null where it must be read.
 */
async function answerFromCache(sessionHash: string, known: string | null): Promise<Response | null> {
  const { store, sessionResponses } = services;
  if (known === null && !sessionResponses.has(sessionHash)) return null;
  const head = await store.headRevision(sessionHash);
  if (!head) return null;
  const etag = etagOf(head);
  return isKnown(known, etag) ? notModified(etag) : sessionResponses.find(sessionHash, etag);
}

async function answerFromStore(sessionHash: string, known: string | null): Promise<Response> {
  const record = requireSession(await services.replies.read(sessionHash));
  return isKnown(known, etagOf(record)) ? notModified(etagOf(record)) : respond(sessionHash, record);
}

function respond(sessionHash: string, record: SessionRecord): Promise<Response> {
  return services.sessionResponses.make(sessionHash, etagOf(record), viewOf(record.session, record));
}

function notModified(etag: string): Response {
  return new Response(null, { status: 304, headers: { ETag: etag, "Cache-Control": "no-store" } });
}

/** The commit's id, not its number: where a power cut took the last revision, its number is used again. */
function etagOf({ commit, recovered }: Pick<SessionRecord, "commit" | "recovered">): string {
  return recovered === null ? `"${commit}"` : `"${commit}-${recovered}"`;
}
