// A list whose order matters: moved with the mouse, with the keyboard, or with a finger on its buttons.

import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "./html.js";

/** `onChange` is given the items in their new order; `label` says what the list is. */
export function Ordered({ items, label, onChange, known = [] }) {
  const [dragged, setDragged] = useState(null);
  const [said, setSaid] = useState("");
  const focus = useRef(null);
  const place = useRef(null);
  useLayoutEffect(() => {
    if (!focus.current) return;
    const [item, way] = focus.current;
    focus.current = null;
    const row = [...place.current.children].find((each) => each.dataset.item === item);
    const button = row?.querySelector(`[data-way="${way}"]:not(:disabled)`) ?? row?.querySelector("button:not(:disabled)");
    button?.focus();
  });
  const move = (from, to, way) => {
    if (to < 0 || to >= items.length || from === to) return;
    const moved = [...items];
    moved.splice(to, 0, ...moved.splice(from, 1));
    if (way) focus.current = [items[from], way];
    setSaid(`${items[from]} is now ${to + 1} of ${items.length}`);
    onChange(moved);
  };
  const over = (event, at) => {
    if (dragged === null) return;
    event.preventDefault();
    if (dragged !== at) {
      move(dragged, at);
      setDragged(at);
    }
  };
  const keys = (event, at) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.altKey) return;
    event.preventDefault();
    move(at, at + step, step < 0 ? "up" : "down");
  };
  return html`
    <div class="ordered">
      <ol ref=${place} aria-label=${label}>
        ${items.map((item, at) => html`
          <li key=${item} data-item=${item} draggable="true" class=${dragged === at ? "dragged" : ""}
            onDragStart=${(event) => { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", item); setDragged(at); }}
            onDragOver=${(event) => over(event, at)} onDrop=${(event) => event.preventDefault()} onDragEnd=${() => setDragged(null)}
            onKeyDown=${(event) => keys(event, at)}>
            <span class="grip" aria-hidden="true"></span>
            <span class="place num">${at + 1}</span>
            <span class="break item">${item}</span>
            <span class="moves">
              <button type="button" class="icon" data-way="up" disabled=${at === 0} aria-label=${`Move ${item} up`}
                onClick=${() => move(at, at - 1, "up")}>↑</button>
              <button type="button" class="icon" data-way="down" disabled=${at === items.length - 1}
                aria-label=${`Move ${item} down`} onClick=${() => move(at, at + 1, "down")}>↓</button>
              <button type="button" class="icon" disabled=${items.length === 1} aria-label=${`Take ${item} out`}
                onClick=${() => onChange(items.filter((each) => each !== item))}>×</button>
            </span>
          </li>
        `)}
      </ol>
      <${Added} items=${items} label=${label} known=${known} onAdd=${(item) => onChange([...items, item])} />
      <p class="sr" aria-live="polite">${said}</p>
    </div>
  `;
}

function Added({ items, label, known, onAdd }) {
  const [typed, setTyped] = useState("");
  const [shown, setShown] = useState(false);
  const list = useId();
  const field = useRef(null);
  useEffect(() => field.current?.focus(), [shown]);
  const add = (event) => {
    event.preventDefault();
    const item = typed.trim();
    if (!item || items.includes(item)) return;
    setTyped("");
    onAdd(item);
  };
  if (!shown) return html`<button type="button" class="plain add-more" aria-label=${`Add to ${label}`}
    onClick=${() => setShown(true)}>Add a target</button>`;
  return html`
    <form class="add" onSubmit=${add}>
      <input ref=${field} aria-label=${`Add to ${label}`} placeholder="provider/model" list=${list} value=${typed}
        spellcheck=${false} autocomplete="off" onInput=${(event) => setTyped(event.target.value)} />
      <datalist id=${list}>${known.filter((each) => !items.includes(each)).map((each) => html`<option key=${each}
        value=${each} />`)}</datalist>
      <button type="submit" class="quiet" disabled=${!typed.trim()}>Add</button>
    </form>
  `;
}
