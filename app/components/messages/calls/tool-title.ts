/** `files_read_file` as the server `files` and the words `Read file`. */
export function toolTitle(toolName: string): [server: string, name: string] {
  const end = toolName.indexOf("_");
  const words = toolName
    .slice(end + 1)
    .replace(/[_-]+/g, " ")
    .trim();
  const name = words === "" ? toolName : words[0]!.toUpperCase() + words.slice(1);
  return [end < 0 ? "" : toolName.slice(0, end), name];
}
