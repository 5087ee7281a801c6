import { patchSessionBody, type PatchSessionBody, type SessionView } from "~/conversation/api";
import { editSession } from "~/conversation/edit-session";
import { sessionBytes } from "~/conversation/session-size";
import { ExpectedError } from "~/conversation/expected-error";
import { askerAddress } from "~/http/admission/client-address";
import { isKnown } from "~/http/etag";
import { readJson, requireSessionKey } from "~/http/request-input";
import type { Change, SessionRecord } from "~/store/sessions/session-store";
import type { Asked } from "~/store/volume/volume-failure";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET(request) {
    const key = requireSessionKey(request);
    const known = request.headers.get("If-None-Match");
    return (await answerResting(key, known)) ?? (await answerRead(key, known));
  },

  async PATCH(request) {
    const key = requireSessionKey(request);
    const edit = await readJson(request, patchSessionBody, services.limits.maxBodyBytes);
    const { modelId } = edit.settings ?? {};
    if (modelId !== undefined && !services.models.offers.some((offer) => offer.id === modelId)) {
      throw new ExpectedError("model_not_found", "That model is not on offer here. Choose another one.");
    }
    const now = new Date().toISOString();
    const { record } = await services.quotas.change(askerAddress(request), (reserve) => {
      const change: Change<null> = (session) => {
        const edited = session && editSession(session, edit, now);
        // A change of a word writes the file anew.
        reserve(edited && edited !== session ? sessionBytes(edited) : 0);
        return { session: edited, result: null };
      };
      return services.store.update(key, change, { asked: askedBy(edit) });
    });
    return respond(key, required(record));
  },

  async DELETE(request) {
    const key = requireSessionKey(request);
    // The session first: from then on it lists no share and names no file. What cannot go now goes with a sweep.
    const removed = await services.store.remove(key);
    await services.shares.removeAll(removed?.shares);
    await services.attachments.remove(key);
    return new Response(null, { status: 204 });
  },
});

export const loader = handle;
export const action = handle;

/** Without reading it: most who ask have the newest, or what was sent lately, and a long one takes long to read. */
async function answerResting(key: string, known: string | null): Promise<Response | null> {
  const { store, sessionResponses } = services;
  if (known === null && !sessionResponses.has(key)) return null;
  const resting = await store.headRevision(key);
  if (!resting) return null;
  const etag = etagOf(resting);
  return isKnown(known, etag) ? notModified(etag) : sessionResponses.find(key, etag);
}

async function answerRead(key: string, known: string | null): Promise<Response> {
  const record = required(await services.replies.read(key));
  return isKnown(known, etagOf(record)) ? notModified(etagOf(record)) : respond(key, record);
}

function required(record: SessionRecord | null): SessionRecord {
  if (!record)
    throw new ExpectedError("session_not_found", "This conversation does not exist, or was deleted.");
  return record;
}

function respond(key: string, record: SessionRecord): Promise<Response> {
  const { rev, session, recovered } = record;
  const view: SessionView = { rev, ...session, recovered: recovered === null ? null : String(recovered) };
  return services.sessionResponses.make(key, etagOf(record), view);
}

function notModified(etag: string): Response {
  return new Response(null, { status: 304, headers: { ETag: etag, "Cache-Control": "no-store" } });
}

/** Names the commit: a number alone may be used again for another one, where a power cut has taken the first. */
function etagOf({ commit, recovered }: Pick<SessionRecord, "commit" | "recovered">): string {
  return recovered === null ? `"${commit}"` : `"${commit}-${recovered}"`;
}

function askedBy({ title, settings }: PatchSessionBody): Asked {
  if (title !== undefined) return "rename";
  return settings === undefined ? "version" : "settings";
}
