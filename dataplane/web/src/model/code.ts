/** A line of source cut into what a reader tells apart: words of the language, text, comments. No language is parsed. */

export interface Ink { kind: "plain" | "keyword" | "string" | "comment"; text: string }

const KEYWORDS = new Set(("and as async await break case catch class const continue def default defer del do elif else enum except export extends False finally fn for from func " +
  "function go if impl import in instanceof interface is lambda let loop match mod module mut namespace new nil None not null or package pass private protected public pub raise " +
  "rescue return self static struct super switch this throw throws trait True true false try type typeof undefined unless unsafe use using var void while with yield begin end").split(" "));

const HASH_COMMENTS = new Set(["python", "ruby", "php", "elixir", "perl"]);
/** Longer lines are minified code; colouring them helps nobody and costs a frame. */
const LINE_MAX = 400;

export function inks(line: string, platform: string | null): Ink[] {
  if (line.length > LINE_MAX) return [{ kind: "plain", text: line }];
  const comment = HASH_COMMENTS.has(platform ?? "") ? "#.*$" : "//.*$|/\\*.*?(?:\\*/|$)";
  const pattern = new RegExp(`(${comment})|("(?:[^"\\\\]|\\\\.)*"?|'(?:[^'\\\\]|\\\\.)*'|\`(?:[^\`\\\\]|\\\\.)*\`?)|([A-Za-z_$][\\w$]*)|([^A-Za-z_$"'\`#/]+|.)`, "g");
  return [...line.matchAll(pattern)].map(([text, isComment, isText, word]): Ink => {
    if (isComment !== undefined) return { kind: "comment", text };
    if (isText !== undefined) return { kind: "string", text };
    return { kind: word !== undefined && KEYWORDS.has(word) ? "keyword" : "plain", text };
  });
}
