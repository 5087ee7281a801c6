import type { ModelOffer } from "~/conversation/language-model";

/** The one embedded model. It knows its own answers, so it continues them from any place. */
export const DEMO_OFFER = {
  id: "demo/demo",
  name: "Demo model",
  continuation: "prefill",
  accepts: ["image", "document"],
  takesTemperature: false,
} as const satisfies Omit<ModelOffer, "maxOutputTokens">;
