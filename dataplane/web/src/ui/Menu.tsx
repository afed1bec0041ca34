/** A button that opens a menu; keyboard and focus come from Radix. */
import * as Dropdown from "@radix-ui/react-dropdown-menu";
import type { ReactNode, Ref } from "react";

export interface MenuItem { label: ReactNode; hint?: string; tone?: "bad"; checked?: boolean; disabled?: boolean; run: () => void }
export type MenuEntry = MenuItem | "separator" | { caption: string };

interface MenuProps {
  label: ReactNode; name: string; items: readonly MenuEntry[]; className?: string; disabled?: boolean; caret?: boolean;
  triggerRef?: Ref<HTMLButtonElement>; keepOpen?: boolean; onOpenChange?: (open: boolean) => void;
}

export function Menu({ label, name, items, className = "btn", disabled = false, caret = true, triggerRef, keepOpen = false, onOpenChange }: MenuProps) {
  return (
    <Dropdown.Root modal={false} {...(onOpenChange ? { onOpenChange } : {})}>
      <Dropdown.Trigger ref={triggerRef} className={className} aria-label={name} disabled={disabled}>
        {label}{caret && <span className="caret" aria-hidden="true">▾</span>}
      </Dropdown.Trigger>
      <Dropdown.Portal>
        <Dropdown.Content className="menu" align="start" sideOffset={4} collisionPadding={8} aria-label={name}>
          {items.map((item, index) => <Entry key={index} item={item} keepOpen={keepOpen} />)}
        </Dropdown.Content>
      </Dropdown.Portal>
    </Dropdown.Root>
  );
}

function Entry({ item, keepOpen }: { item: MenuEntry; keepOpen: boolean }) {
  if (item === "separator") return <Dropdown.Separator className="sep" />;
  if ("caption" in item) return <Dropdown.Label className="cap">{item.caption}</Dropdown.Label>;
  const select = (event: Event) => {
    if (keepOpen) event.preventDefault();
    item.run();
  };
  const inside = <>{item.label}{item.hint !== undefined && <small>{item.hint}</small>}</>;
  const shared = { className: item.tone === "bad" ? "bad" : "", disabled: item.disabled ?? false, onSelect: select };
  if (item.checked === undefined) return <Dropdown.Item {...shared}>{inside}</Dropdown.Item>;
  return (
    <Dropdown.CheckboxItem {...shared} checked={item.checked}>
      <span aria-hidden="true" className="w-3 flex-none">{item.checked ? "✓" : ""}</span>{inside}
    </Dropdown.CheckboxItem>
  );
}
