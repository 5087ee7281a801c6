import { z } from "zod";
import {
  MAX_INSTRUCTIONS_LENGTH,
  MAX_PRESET_NAME_LENGTH,
  MAX_PRESETS,
  MAX_PROMPT_LENGTH,
  MAX_PROMPTS,
} from "./limits";
import { effort, temperature } from "./session/session";

export const starterPrompts = z.array(z.string().trim().min(1).max(MAX_PROMPT_LENGTH)).max(MAX_PROMPTS);

/** One preset in the file of the operator: settings for new conversations under a name. */
const operatorPreset = z.strictObject({
  name: z.string().trim().min(1).max(MAX_PRESET_NAME_LENGTH),
  instructions: z.string().max(MAX_INSTRUCTIONS_LENGTH).default(""),
  model: z.string().max(200).optional(),
  temperature: temperature.optional(),
  effort: effort.optional(),
  prompts: starterPrompts.default([]),
});

export const operatorPresets = z
  .array(operatorPreset)
  .max(MAX_PRESETS)
  .refine((presets) => new Set(presets.map(({ name }) => name)).size === presets.length, {
    message: "two presets have the same name",
  });

export type OperatorPreset = z.infer<typeof operatorPreset>;
