// @ts-check
/** The keyboard. Single keys act only while the focus is in the list of messages, and can be switched off. */
import { log } from './filter.js';
import { room } from './live.js';
import { box, composing } from './composer.js';
import { comeBack, toEnd } from './follow.js';
import { closeMenu } from './menu.js';
import { openDialog } from './dialog.js';
import { editLast, leaveEdit } from './edit.js';
import { toolsFor } from './tools.js';
import { leaveMove } from './arrange.js';
import { leaveReply } from './reply.js';
import { roomLinks } from './lists.js';
import { openSwitcher } from './switcher.js';

const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
const TOOLS = { Tab: 'a', r: '.answer', '+': '[href$="#react"]', e: '.own', m: '.arr', Delete: '.take' };
const ROOMS = { ArrowUp: -1, ArrowDown: 1 };

const single = /** @type {HTMLInputElement | null} */ (document.getElementById('single-keys'));

/** The message that has the focus, or something in it has. */
const current = () => /** @type {HTMLElement | null | undefined} */ (document.activeElement?.closest('#log > .msg'));

/** From inside a message to the message; false if the focus is elsewhere. */
function stepOut() {
  const li = current();
  const inside = li !== document.activeElement;
  if (inside) li?.focus();
  return li && inside;
}

/** What closes or goes back, in this order. Dialogs and drawers are closed by the browser. */
const escape = () => !document.querySelector(':is(dialog[open], :popover-open)') && (closeMenu() || leaveMove() || leaveEdit() || leaveReply() || stepOut() || comeBack());

/** To another message, or to a tool of this one; false if the key is for neither. */
function inList(/** @type {string} */ key) {
  const li = current();
  const by = STEPS[/** @type {keyof STEPS} */ (key)];
  if (by) {
    const all = /** @type {HTMLElement[]} */ ([...log.querySelectorAll(':scope > .msg')]);
    const at = li ? all.indexOf(li) : all.length;
    all[Math.max(Math.min(at + by, all.length - 1), 0)]?.focus();
    if (key === 'End') toEnd();
    return true;
  }
  const wanted = TOOLS[/** @type {keyof TOOLS} */ (key)];
  if (!li || !wanted || (key === 'Tab' && li !== document.activeElement)) return false;
  const found = /** @type {HTMLElement[]} */ ([...(toolsFor(li)?.querySelectorAll(wanted) ?? [])]);
  const tool = found.find((one) => one.getClientRects().length);
  tool?.[key === 'Tab' ? 'focus' : 'click']();
  return tool;
}

/** To the previous or next room of the lists, or to the next one with news. */
function goBy(/** @type {number} */ by, /** @type {boolean} */ news) {
  const all = roomLinks();
  const at = all.findIndex((link) => link.dataset.slug === room);
  const others = [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))];
  if (by < 0) others.reverse();
  if (by) others.find((link) => !news || link.querySelector('.badge'))?.click();
  return by;
}

/** Do what a key is for; false if it is for nothing here. */
function act(/** @type {KeyboardEvent} */ event) {
  const { key, altKey, shiftKey } = event;
  const target = /** @type {HTMLElement} */ (event.target);
  const control = event.ctrlKey || event.metaKey;
  if (key === 'Escape') return escape();
  if (control && key === 'k') return openSwitcher();
  if (control || document.querySelector('dialog[open]')) return false;
  if (altKey) return goBy(ROOMS[/** @type {keyof ROOMS} */ (key)], shiftKey);
  if (target === box) return key === 'ArrowUp' && !box.value && editLast();
  if (!target.closest('#scroll') || target.matches('input, textarea') || (key.length === 1 && !single?.checked)) return false;
  return key === '?' ? openDialog('keys') : (!shiftKey || key === '+') && inList(key);
}

export function startKeys() {
  document.addEventListener('keydown', (event) => {
    if (!event.defaultPrevented && !composing(event) && act(event)) event.preventDefault();
  });
  if (!single) return;
  single.checked = localStorage.getItem('keys') !== 'off';
  single.addEventListener('change', () => localStorage.setItem('keys', single.checked ? 'on' : 'off'));
}
