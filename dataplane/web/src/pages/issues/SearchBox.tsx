/** The search line. What is typed is drawn again above the input in the colours of its parts. */
import { useRef, useState, type Ref } from "react";
import { terms, type Term } from "../../model/query";

interface SearchBoxProps { query: string; onSearch: (query: string) => void; inputRef?: Ref<HTMLInputElement>; problem?: string | null; label?: string; placeholder?: string }

export function SearchBox({ query, onSearch, inputRef, problem = null, label = "Search issues", placeholder = "is:unresolved level:error release:latest …" }: SearchBoxProps) {
  const [draft, setDraft] = useState(query);
  const ink = useRef<HTMLDivElement>(null);
  return (
    <form role="search" className="search" onSubmit={(event) => { event.preventDefault(); onSearch(draft.trim()); }}>
      <div className="box">
        <input ref={inputRef} type="search" aria-label={label} aria-invalid={problem !== null} aria-describedby={problem === null ? undefined : "search-problem"}
          value={draft} placeholder={placeholder} autoComplete="off" autoCapitalize="none" spellCheck={false}
          onChange={(event) => setDraft(event.target.value)}
          onScroll={(event) => { if (ink.current) ink.current.scrollLeft = event.currentTarget.scrollLeft; }}
          onKeyDown={(event) => { if (event.key === "Escape") { setDraft(query); event.currentTarget.blur(); } }} />
        <div className="ink" ref={ink} aria-hidden="true">{terms(draft).map((term, index) => <TermInk key={index} term={term} />)}</div>
      </div>
      {draft !== query && <button type="submit" className="text-s text-link">Search</button>}
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

function TermInk({ term }: { term: Term }) {
  if (term.kind === "operator") return <i>{term.text}</i>;
  return term.kind === "filter" ? <b><u>{term.key}</u>{term.value}</b> : <>{term.text}</>;
}
