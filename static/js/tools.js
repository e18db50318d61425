// @ts-check
/** The tools of a message: one strip a page, in the message that is pointed at or has the focus. */
import { htmx, log } from './filter.js';

const TOLD = '#log > .msg:not([data-deleted])'; // what was taken back has none
const OCCASIONS = ['focusin', 'keydown', 'pointermove', 'pointerover', 'pointerleave'];

const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById('tools'));
const tools = template && /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);

/** Where a message has a page of its own. */
export const addressOf = (/** @type {Element} */ li) => /** @type {HTMLAnchorElement} */ (li.querySelector('a.msg-time')).pathname;

/** The tools, brought to the message in which something is; nothing if it is in none that has them. */
export function toolsFor(/** @type {Element | null} */ inside) {
  const li = inside?.closest(TOLD);
  if (!li || !tools || tools.parentElement === li) return li && tools;
  if (tools.contains(document.activeElement)) tools.parentElement?.focus({ preventScroll: true });
  const path = addressOf(li);
  for (const link of tools.querySelectorAll('a')) link.href = path + link.hash;
  tools.querySelector('.take')?.setAttribute('hx-post', `${path}/delete`);
  li.append(tools);
  htmx.process(tools);
  return tools;
}

/** Away from all messages they are where the focus is. A tap gives that; a press ends where it began; and a list that
 * moves under a resting pointer takes nothing from the keyboard. */
function bringTools(/** @type {any} */ { type, target, pointerType, buttons }) {
  if (buttons || pointerType === 'touch' || (type === 'pointerover' && log.querySelector(':focus-visible'))) return;
  toolsFor(target.closest(TOLD) ?? document.activeElement);
}

export function startTools() {
  for (const occasion of OCCASIONS) log.addEventListener(occasion, bringTools);
}
