/** Longest text of one message, in UTF-16 units. The body limit of a request is the first bound; this is the last. */
export const MAX_TEXT_LENGTH = 4_000_000;
/**
 * All messages of a conversation together, as characters of JSON: a million tokens, more than models can be given. A
 * node reads and writes a conversation as a whole, so one must not take much of its memory.
 */
export const MAX_SESSION_LENGTH = 4_000_000;
/** The same as bytes of UTF-8, of which scripts of East Asia take three for each character. */
export const MAX_SESSION_BYTES = 8_000_000;
/**
 * How many messages a conversation may have. However short they are, each of them is read with it, checked, and laid
 * out in the page.
 */
export const MAX_MESSAGES = 10_000;
export const MAX_TITLE_LENGTH = 200;
export const MAX_INSTRUCTIONS_LENGTH = 20_000;
/**
 * What a model may say in one answer, its thoughts and what the answer continues included, as characters of JSON: more
 * than the 128,000 tokens that models write at most. Beyond it a model is stopped (answer-bound.ts), so that what it
 * has said can be stored, read and sent as a whole.
 */
export const MAX_ANSWER_LENGTH = 900_000;
/** The same as bytes of UTF-8. */
export const MAX_ANSWER_BYTES = 1_800_000;
/** Stretches of text and of thoughts that one answer may consist of. */
export const MAX_ANSWER_PARTS = 1_000;
