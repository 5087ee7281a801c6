import type { LanguageModels } from "~/conversation/language-model";
import { applyChunk, EMPTY_REPLY, plainText } from "~/conversation/reply/reply-text";
import type { Spending } from "~/conversation/reply/reply-cost";
import type { Session } from "~/conversation/session/session";
import {
  awaitsTitle,
  nameByModel,
  titleFromAnswer,
  titleRequest,
} from "~/conversation/session/session-title";
import type { SessionStore } from "~/store/sessions/session-store";

export type NamingDependencies = {
  store: SessionStore;
  models: LanguageModels;
  /** Called with what the title spends. */
  onSpending?: ((spending: Spending) => void) | undefined;
  clock: () => Date;
  log: { debug(fields: object, message: string): void };
  /** Aborted when the node drains: sessions without a title stay without one. */
  signal: AbortSignal;
};

/** Enough for six words in any script, and for a model that writes some reasoning first. */
const MAX_TITLE_TOKENS = 100;
const TITLE_TIMEOUT_MS = 20_000;

/**
 * Asks a model for a session's title after its first reply, in the background. After a failure the first words of the
 * question stay the title: a title is not worth a retry or an error message. Never rejects.
 * @param before the session as it was before that reply
 */
export async function nameSession(
  sessionHash: string,
  before: Session,
  deps: NamingDependencies,
): Promise<void> {
  if (!awaitsTitle(before) || deps.signal.aborted) return;
  try {
    const session = (await deps.store.read(sessionHash))?.session;
    const request = session && titleRequest(session, deps.clock().toISOString());
    const modelId = session && deps.models.titleModelFor(session.settings.modelId);
    if (!request || !modelId) return;
    const title = titleFromAnswer(await answerTo({ ...request, modelId }, deps));
    if (title === null) return deps.log.debug({ model: modelId }, "the model had no title");
    const { result: named } = await deps.store.update(
      sessionHash,
      (now) => {
        const session = now && nameByModel(now, title);
        return { session, result: session !== now };
      },
      { asked: "rename" },
    );
    deps.log.debug({ model: modelId, named }, "the model gave a title");
  } catch (error) {
    deps.log.debug({ err: error }, "the conversation was not named");
  }
}

async function answerTo(
  request: Pick<Parameters<LanguageModels["generate"]>[0], "modelId" | "instructions" | "messages">,
  { models, onSpending, signal }: NamingDependencies,
): Promise<string> {
  let text = EMPTY_REPLY;
  const chunks = models.generate({
    ...request,
    continueFrom: null,
    attachment: () => Promise.resolve(null),
    maxOutputTokens: MAX_TITLE_TOKENS,
    onSpending,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TITLE_TIMEOUT_MS)]),
  });
  for await (const chunk of chunks) text = applyChunk(text, chunk);
  return plainText(text.parts);
}
