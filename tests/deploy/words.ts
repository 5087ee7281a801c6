/** The words of a text, which may have several lines: a long list in few of them. */
export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
