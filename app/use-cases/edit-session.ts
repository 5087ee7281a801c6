import type { PatchSessionBody } from "~/conversation/api";
import { editSession as applyEdit } from "~/conversation/session/edit-session";
import { ExpectedError } from "~/conversation/expected-error";
import type { LanguageModels } from "~/conversation/language-model";
import { sessionBytes } from "~/conversation/session/session-size";
import type { Quotas } from "~/quotas/quotas";
import type { Change, SessionRecord, SessionStore } from "~/store/sessions/session-store";
import type { Asked } from "~/store/volume/volume-failure";

export type EditSessionDependencies = {
  quotas: Pick<Quotas, "change">;
  store: Pick<SessionStore, "update">;
  models: Pick<LanguageModels, "offers" | "refresh">;
  /** The time of day. */
  clock: () => Date;
};

/**
 * Changes a session's title, settings or shown branch.
 * @returns null where there is no such session
 * @throws ExpectedError `model_not_found`, refusals of the quotas, and the store's errors
 */
export async function editSession(
  sessionHash: string,
  address: string | null,
  edit: PatchSessionBody,
  { quotas, store, models, clock }: EditSessionDependencies,
): Promise<SessionRecord | null> {
  const { modelId } = edit.settings ?? {};
  await models.refresh?.(modelId);
  if (modelId !== undefined && !models.offers.some((offer) => offer.id === modelId)) {
    throw new ExpectedError("model_not_found", "This model is not available here. Choose another one.");
  }
  const now = clock().toISOString();
  const { record } = await quotas.change(address, (reserve) => {
    const change: Change<null> = (session) => {
      const edited = session && applyEdit(session, edit, now);
      // Even a small change writes the whole session as a new revision.
      reserve(edited && edited !== session ? sessionBytes(edited) : 0);
      return { session: edited, result: null };
    };
    return store.update(sessionHash, change, { asked: askedBy(edit) });
  });
  return record;
}

function askedBy({ title, settings }: PatchSessionBody): Asked {
  if (title !== undefined) return "rename";
  return settings === undefined ? "version" : "settings";
}
