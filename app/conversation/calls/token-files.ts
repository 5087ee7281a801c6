/** The files of all tokens, which all nodes share. Folders are made when they are needed. */
export type TokenFiles = {
  list(folder: string): Promise<string[]>;
  read(folder: string, name: string): Promise<string>;
  /** Gives a name to a file, unless it is taken. @returns whether the name has this content now */
  put(folder: string, name: string, content: string): Promise<boolean>;
  remove(folder: string, name: string): Promise<void>;
};
