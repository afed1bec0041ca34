/** A platform's id as people write it. */
export function platformName(id: string | null): string {
  return id === null ? "no platform" : id.replace(/^(python|node|javascript|java|php|ruby|dotnet|apple|go)-/, "").replaceAll("-", " ");
}
