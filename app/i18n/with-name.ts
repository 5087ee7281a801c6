/** An English text with the name of the service, where no translator is at hand. */
export function withName(text: string, app: string): string {
  return text.replaceAll("{{app}}", app);
}
