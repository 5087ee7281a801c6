import type { ModelsView } from "~/conversation/api";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";

export const MODEL_KEY = "holdfast.model";

export type ModelChoice = ModelsView & {
  /** The model picked last in this browser: new conversations begin with it. */
  preferredId: string | null;
};

export type ModelChoices = Observable<ModelChoice> & { prefer: (modelId: string) => void };

export function createModelChoices(offers: ModelsView, storage: SafeStorage): ModelChoices {
  const state = createObservable<ModelChoice>({ ...offers, preferredId: storage.get(MODEL_KEY) });
  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    prefer(modelId) {
      storage.set(MODEL_KEY, modelId);
      state.set({ ...state.getSnapshot(), preferredId: modelId });
    },
  };
}

/** The first wish that the server offers, else the model picked last, else the default. */
export function modelFor(
  { models, defaultModelId, preferredId }: ModelChoice,
  wishes: readonly (string | null | undefined)[],
): string {
  const isOffered = (id: string | null | undefined): id is string => models.some((model) => model.id === id);
  return [...wishes, preferredId].find(isOffered) ?? defaultModelId;
}
