/** Explains why a server cannot listen, and what to change, to the person who started it. */
export function listenProblem(error: NodeJS.ErrnoException & { address?: string; port?: number }): string {
  const { code, port, address = "" } = error;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is in use: is Holdfast running already? Choose another with PORT.`;
    case "EACCES":
      return `This user may not open port ${port}. Choose another with PORT.`;
    case "EADDRNOTAVAIL":
      return `${address} is no address of this machine. Choose another with HOST.`;
    default:
      return error.message;
  }
}
