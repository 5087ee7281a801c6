import type { LanguageModels } from "~/conversation/language-model";
import { applyChunk, EMPTY_REPLY, plainText } from "~/conversation/reply-text";
import type { Spending } from "~/conversation/reply-cost";
import type { Session } from "~/conversation/session";
import { awaitsTitle, nameByModel, titleFromAnswer, titleRequest } from "~/conversation/session-title";
import type { SessionStore } from "~/store/sessions/session-store";

export type NamingDependencies = {
  store: SessionStore;
  models: LanguageModels;
  /** Told what it costs. */
  onSpending?: ((spending: Spending) => void) | undefined;
  clock: () => Date;
  log: { debug(fields: object, message: string): void };
  /** Whoever aborts it leaves unnamed what has no name yet. */
  signal: AbortSignal;
};

/** Enough for six words in any script, and for a model that begins with a thought or two. */
const MAX_TITLE_TOKENS = 100;
const TITLE_TIMEOUT_MS = 20_000;

/**
 * Gives a conversation a title of a model's making once its first answer is complete, in the background. `before`
 * is the session as it was before that answer. The first words stay where anything fails, for a title is worth
 * neither a second try nor a word to the person. Never rejects.
 */
export async function nameSession(key: string, before: Session, deps: NamingDependencies): Promise<void> {
  if (!awaitsTitle(before) || deps.signal.aborted) return;
  try {
    const session = (await deps.store.read(key))?.session;
    const request = session && titleRequest(session, deps.clock().toISOString());
    const modelId = session && deps.models.titleModelFor(session.settings.modelId);
    if (!request || !modelId) return;
    const title = titleFromAnswer(await answerTo({ ...request, modelId }, deps));
    if (title === null) return deps.log.debug({ model: modelId }, "the model had no title");
    const { result: named } = await deps.store.update(
      key,
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
