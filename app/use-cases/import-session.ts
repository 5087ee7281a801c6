import { beginSession } from "~/conversation/session/begin-session";
import { importSession as parseFile } from "~/conversation/files/conversation-file";
import type { LanguageModels } from "~/conversation/language-model";
import { sessionBytes } from "~/conversation/session/session-size";
import type { Quotas } from "~/quotas/quotas";
import type { Change, SessionRecord, SessionStore } from "~/store/sessions/session-store";

export type ImportSessionDependencies = {
  quotas: Pick<Quotas, "beginSession">;
  store: Pick<SessionStore, "update">;
  models: Pick<LanguageModels, "offers" | "defaultModelId">;
  /** The time of day. */
  clock: () => Date;
};

/**
 * Begins a session with the content of an exported file.
 * @param readFile reads and parses the request's body. Called once the import is counted: reading a large file costs
 * memory and time, whatever it contains.
 * @throws ExpectedError what `readFile`, `importSession` and `beginSession` of conversation/ throw, refusals of the
 * quotas, and the store's errors
 */
export async function importSession(
  sessionHash: string,
  address: string | null,
  readFile: () => Promise<Parameters<typeof parseFile>[0]>,
  { quotas, store, models, clock }: ImportSessionDependencies,
): Promise<SessionRecord> {
  const { record } = await quotas.beginSession(address, "import", async (reserve) => {
    const file = await readFile();
    const { offers, defaultModelId } = models;
    const imported = parseFile(file, {
      now: clock().toISOString(),
      modelFor: (modelId) => (offers.some(({ id }) => id === modelId) ? modelId : defaultModelId),
    });
    const change: Change<null> = (session) => {
      const begun = beginSession(session, imported);
      reserve(begun === session ? 0 : sessionBytes(begun));
      return { session: begun, result: null };
    };
    return store.update(sessionHash, change, { asked: "import" });
  });
  return record!;
}
