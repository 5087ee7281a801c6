/** Longest text of one message, in UTF-16 units. The body limit of requests is smaller as a rule. */
export const MAX_TEXT_LENGTH = 4_000_000;
/**
 * All messages of a session together, in characters of JSON: a million tokens, more than models take. A node reads and
 * writes a session as a whole, so the limit bounds the memory that one takes.
 */
export const MAX_SESSION_LENGTH = 4_000_000;
/** The same in bytes of UTF-8, of which East Asian scripts take three a character. */
export const MAX_SESSION_BYTES = 8_000_000;
/** Messages of a session. Each costs parsing and layout, however short it is. */
export const MAX_MESSAGES = 10_000;
export const MAX_TITLE_LENGTH = 200;
export const MAX_INSTRUCTIONS_LENGTH = 20_000;
/**
 * A sealed keyring, in characters of base64url: somewhat more than a megabyte of what the browser has sealed, which
 * lists ten thousand conversations.
 */
export const MAX_KEYRING_LENGTH = 1_500_000;
/** Presets of the operator, all of which each page load carries. */
export const MAX_PRESETS = 50;
export const MAX_PRESET_NAME_LENGTH = 60;
/** Starter prompts of one preset, or of the greeting. */
export const MAX_PROMPTS = 8;
export const MAX_PROMPT_LENGTH = 500;
/** What a model's server says of its failure, as it is stored with the answer. */
export const MAX_ERROR_DETAIL_LENGTH = 500;
/**
 * One answer in characters of JSON, with its reasoning and the text that it continues: more than the 128,000 tokens that
 * models write at most. A longer answer is cut (answer-bound.ts), so that it can be stored, read and sent as a whole.
 */
export const MAX_ANSWER_LENGTH = 900_000;
/** The same in bytes of UTF-8. */
export const MAX_ANSWER_BYTES = 1_800_000;
/** Parts of one answer: texts, reasoning, calls of tools, sources. */
export const MAX_ANSWER_PARTS = 1_000;
/** The signature of a reasoning part, in UTF-16 units. */
export const MAX_SIGNATURE_LENGTH = 40_000;
/** Calls of the model in one answer: each but the last ends with calls of tools. */
export const MAX_STEPS = 20;
/** Messages that wait for the running answer of one session. */
export const MAX_QUEUED = 20;
/** Messages that were removed from the queue of one session: see `enqueue`. */
export const MAX_REMOVED = 500;
/** Notes of the demo's tools in one session, and the length of each in UTF-16 units. */
export const MAX_NOTES = 50;
export const MAX_NOTE_LENGTH = 500;
