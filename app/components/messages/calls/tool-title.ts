/**
 * `files_read_file` as the server `files` and the words `Read file`.
 * @param server without it, what stands before the first `_`: a message does not name the servers of its tools
 */
export function toolTitle(
  toolName: string,
  server = toolName.slice(0, Math.max(0, toolName.indexOf("_"))),
): [server: string, name: string] {
  const ownName = toolName.startsWith(`${server}_`) ? toolName.slice(server.length + 1) : toolName;
  const words = ownName.replace(/[_-]+/g, " ").trim();
  return [server, words === "" ? toolName : words[0]!.toUpperCase() + words.slice(1)];
}
