import type { DiagramAnswer, DiagramRequest } from "~/conversation/diagram";
import type { Mermaid } from "mermaid";

/**
 * The script of the diagram frame: receives a port from its parent and answers each request on it with a drawing. It is
 * sent as text by `String(drawDiagrams)`, so it must refer to nothing outside of itself but types.
 */
export function drawDiagrams(mermaidUrl: string): void {
  let turn: Promise<void> = Promise.resolve();
  let number = 0;

  window.addEventListener("message", (event) => {
    const [port] = event.ports;
    if (event.source !== window.parent || !port) return;
    port.onmessage = ({ data }: MessageEvent<DiagramRequest>) => {
      // One after the other: Mermaid's settings are global.
      turn = turn.then(async () => {
        const answer: DiagramAnswer = await draw(data).then(
          (drawing) => ({ id: data.id, ...drawing }),
          (error: unknown) => ({ id: data.id, error: String(error) }),
        );
        port.postMessage(answer);
      });
    };
  });

  async function draw({ source, colours }: DiagramRequest) {
    const { default: mermaid } = (await import(mermaidUrl)) as { default: Mermaid };
    const { isDark, ground, text, fontFamily } = colours;
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      htmlLabels: false,
      suppressErrorRendering: true,
      maxTextSize: 30_000,
      maxEdges: 400,
      theme: "base",
      darkMode: isDark,
      fontFamily,
      themeVariables: {
        darkMode: isDark,
        background: ground,
        primaryColor: isDark ? "#24302f" : "#e6eeed",
        primaryTextColor: text,
        primaryBorderColor: isDark ? "#6cc3bf" : "#0d5f66",
        secondaryColor: isDark ? "#332b22" : "#f5ecdf",
        tertiaryColor: isDark ? "#262a36" : "#e9ebf5",
        edgeLabelBackground: ground,
        useGradient: false,
        dropShadow: "none",
        lineColor: isDark ? "#9fa8ac" : "#596166",
        textColor: text,
        fontFamily,
      },
      // Settings that a diagram's source must not override: appearance, limits and security.
      secure: [
        ...["secure", "securityLevel", "startOnLoad", "maxTextSize", "suppressErrorRendering", "maxEdges"],
        ...["theme", "themeVariables", "themeCSS", "darkMode", "fontFamily", "altFontFamily"],
        ...["htmlLabels", "flowchart.htmlLabels", "dompurifyConfig", "legacyMathML", "forceLegacyMathML"],
      ],
    });
    const { svg } = await mermaid.render(`diagram-${String(number++)}`, source);
    const place = document.createElement("div");
    place.innerHTML = svg;
    const element = place.querySelector("svg");
    const box = element?.viewBox.baseVal;
    if (!element || !box || !(box.width > 0) || !(box.height > 0)) throw new Error("Nothing was drawn.");
    element.setAttribute("width", String(box.width));
    element.setAttribute("height", String(box.height));
    element.style.maxWidth = "";
    return { svg: new XMLSerializer().serializeToString(element), width: box.width, height: box.height };
  }
}
