/** Messages between the page and the frame that draws diagrams. */
export type DiagramColours = {
  isDark: boolean;
  ground: string;
  text: string;
  fontFamily: string;
};

export type DiagramRequest = { id: number; source: string; colours: DiagramColours };

export type DiagramAnswer =
  { id: number; svg: string; width: number; height: number } | { id: number; error: string };
