// @ts-check
/** Go to a room or a person by a few letters of the name: the links of the page, found by typing. Or search. */
import { composing } from './composer.js';
import { roomLinks } from './lists.js';
import { openDialog } from './dialog.js';

const switcher = /** @type {HTMLDialogElement} */ (document.getElementById('switcher'));
const wanted = /** @type {HTMLInputElement} */ (switcher?.querySelector('input'));
const choices = /** @type {HTMLElement} */ (switcher?.querySelector('[role=listbox]'));
const fixed = [...(choices?.children ?? [])];
const search = /** @type {HTMLAnchorElement} */ (choices?.querySelector('[href="/search"]'));

/** As people type it: without case and accents. */
const fold = (/** @type {string | null} */ text) => (text ?? '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();

const shown = () => /** @type {HTMLElement[]} */ ([...choices.children]).filter((one) => !one.hidden);

function choose(/** @type {HTMLElement | undefined} */ one) {
  for (const other of choices.children) other.setAttribute('aria-selected', String(other === one));
  wanted.setAttribute('aria-activedescendant', one?.id ?? '');
  one?.scrollIntoView({ block: 'nearest' });
}

function narrow() {
  const part = fold(wanted.value);
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (choices.querySelectorAll('a')))
    one.hidden = one !== search && !fold((one.querySelector('.cut') ?? one).textContent).includes(part);
  search.search = wanted.value && `?q=${encodeURIComponent(wanted.value)}`;
  choose(shown()[0]);
}

function choice(/** @type {Element} */ link) {
  const one = /** @type {HTMLElement} */ (link.cloneNode(true));
  one.querySelector('.end')?.remove();
  one.className = 'menu-item';
  one.setAttribute('role', 'option');
  one.tabIndex = -1;
  return one;
}

/** The people of the room, but for who is looking and those who are in the lists. */
function others(/** @type {HTMLElement[]} */ listed) {
  const known = [document.body.dataset.me, ...listed.map((link) => link.dataset.person)];
  const people = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('#people-in a[href]'));
  return [...people].filter((link) => !known.includes(link.dataset.person));
}

function fill() {
  const listed = roomLinks();
  const links = [...listed, ...others(listed)];
  choices.replaceChildren(...links.map(choice), ...fixed);
  [...choices.children].forEach((one, at) => (one.id = `choice-${at}`));
  wanted.value = '';
  narrow();
}

function onChooserKey(/** @type {KeyboardEvent} */ event) {
  const by = { ArrowDown: 1, ArrowUp: -1, Enter: 0 }[event.key];
  if (by === undefined || composing(event)) return;
  event.preventDefault();
  const all = shown();
  const at = all.findIndex((one) => one.ariaSelected === 'true');
  if (by) choose(all.at((at + by) % all.length));
  else all[at]?.click();
}

/** False if this page has none. */
export const openSwitcher = () => !!document.querySelector('dialog[open]') || openDialog('switcher');

export function startSwitcher() {
  switcher?.addEventListener('opening', fill);
  wanted?.addEventListener('input', narrow);
  wanted?.addEventListener('keydown', onChooserKey);
}
