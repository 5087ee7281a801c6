/** The words of Markdown as read out, without the marks for the eye. */
export function spokenText(markdown: string): string {
  return markdown
    .replace(/^\s*(?:`{3,}|~{3,}).*$\n?/gm, "")
    .replace(/^\s*\|?[\s:|-]*-{2,}[\s:|-]*$\n?/gm, "")
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, "$1")
    .replace(/^\s*(?:#{1,6}|>|[-*+])\s+/gm, "")
    .replace(/^\s*\|\s*|\s*\|\s*$/gm, "")
    .replace(/\s+\|\s+/g, ", ")
    .replace(/(\*\*|__|~~|`)/g, "")
    .replace(/(^|[\s("“])[*_](?=\S)|(\S)[*_](?=[\s.,;:!?)"”]|$)/gm, "$1$2");
}
