/** Longest text of one message, in UTF-16 units. The body limit of a request is the first bound; this is the last. */
export const MAX_TEXT_LENGTH = 4_000_000;
export const MAX_TITLE_LENGTH = 200;
export const MAX_INSTRUCTIONS_LENGTH = 20_000;
