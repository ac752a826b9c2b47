// Chinese text set with Chinese punctuation, and without the spaces that line breaks in a source file leave between
// characters. Declarations are written by many hands; a page should read as one.
const HAN = "\\u3400-\\u9fff";
const AFTER = new RegExp(`(?<=[${HAN}”）》%])\\s*([,:;?!])\\s*(?=[${HAN}“（《A-Za-z0-9]|$)`, "g");
const BEFORE = new RegExp(`([,;?!])\\s*(?=[${HAN}“《])`, "g");
const PARENTHESES = new RegExp(`\\(([^()]*[${HAN}][^()]*)\\)`, "g");
const GAP = new RegExp(`(?<=[${HAN}，。；：、！？）”]) +(?=[${HAN}（“《])`, "g");
const FULL: Record<string, string> = { ",": "，", ":": "：", ";": "；", "?": "？", "!": "！" };

const done = new Map<string, string>();

export function typesetChinese(text: string): string {
  let out = done.get(text);
  if (out === undefined) {
    const full = (_: string, mark: string) => FULL[mark] ?? mark;
    out = text.replace(PARENTHESES, "（$1）").replace(AFTER, full).replace(BEFORE, full).replace(GAP, "");
    done.set(text, out);
  }
  return out;
}
