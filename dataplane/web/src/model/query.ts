/** The search box's text cut into terms, for drawing only: the server is the one that understands it. */

export interface Term { kind: "filter" | "word" | "space" | "operator"; key: string; value: string; text: string }

const TOKEN = /(\s+)|([!]?[\w.\-]+(?:\[[^\]\s]*\])?:)((?:>=|<=|!=|>|<|=)?(?:"(?:[^"\\]|\\.)*"?|\[[^\]]*\]?|[^\s()]*))|(\bAND\b|\bOR\b|[()])|("(?:[^"\\]|\\.)*"?|[^\s()]+)/g;

export function terms(query: string): Term[] {
  return [...query.matchAll(TOKEN)].map(([text, space, key, value, operator]) => {
    if (space !== undefined) return { kind: "space", key: "", value: "", text };
    if (key !== undefined) return { kind: "filter", key, value: value ?? "", text };
    return operator === undefined ? { kind: "word", key: "", value: text, text } : { kind: "operator", key: "", value: text, text };
  });
}

/** Adds `key:value`, quoted where needed, in place of an earlier filter on the same key. */
export function withFilter(query: string, key: string, value: string): string {
  const written = /[\s"()[\],*]/.test(value) || value === "" ? `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : value;
  const rest = terms(query).filter((term) => term.key !== `${key}:`).map((term) => term.text).join("").trim().replace(/\s+/g, " ");
  return `${rest} ${key}:${written}`.trim();
}
