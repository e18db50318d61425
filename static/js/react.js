// @ts-check
/** Reactions, and the board of emoji: opened for a message, or for the words in the box. */
import { cursor, htmx, log } from './filter.js';
import { box, complain } from './composer.js';
import { errorIn } from './outbox.js';

const board = /** @type {HTMLElement} */ (document.getElementById('emoji'));

/** Where to react and which message that is; nothing while the board is for the box. */
let reactTo = '';
let reactOn = '';

/** Give a reaction or take it back. The board asks: it stays, whatever becomes of the message. */
const react = (/** @type {string} */ path, /** @type {string} */ emoji) =>
  htmx.ajax('POST', path, { source: board, target: log, swap: 'beforeend', values: { emoji, since: cursor() } });

function onReaction(/** @type {SubmitEvent} */ event) {
  const target = /** @type {HTMLFormElement} */ (event.target);
  if (!target.matches('.reactions')) return;
  event.preventDefault();
  react(target.action, /** @type {HTMLButtonElement} */ (event.submitter).value);
}

/** Have the board stand below what opened it, or above; by the box if that is gone, as on a touch screen. */
function placeBy(/** @type {Element} */ link) {
  const { top, bottom, right } = link.getBoundingClientRect();
  const { offsetHeight: high, offsetWidth: wide } = board;
  const y = bottom + high > innerHeight ? Math.max(0, top - high) : bottom;
  if (right) board.style.cssText = `margin: 0; inset: ${y}px auto auto ${Math.max(0, right - wide)}px`;
}

function onReactClick(/** @type {MouseEvent} */ event) {
  const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest('a[href$="#react"]'));
  if (event.ctrlKey || event.metaKey || event.shiftKey || !link || !board.showPopover) return;
  event.preventDefault();
  reactTo = `${link.pathname}/react`;
  reactOn = link.closest('li')?.id ?? '';
  board.showPopover();
  placeBy(link);
}

function onChosen(/** @type {Event} */ event) {
  const emoji = /** @type {Element} */ (event.target).closest('button')?.value;
  const path = reactTo;
  if (!emoji) return;
  board.hidePopover();
  if (path) return react(path, emoji);
  box.setRangeText(emoji, box.selectionStart, box.selectionEnd, 'end');
  box.dispatchEvent(new Event('input', { bubbles: true }));
  box.focus();
}

function onBoardKey(/** @type {KeyboardEvent} */ event) {
  const all = [...board.querySelectorAll('button')];
  const row = all.filter((one) => one.offsetTop === all[0].offsetTop).length;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row }[event.key];
  if (!by) return;
  event.preventDefault();
  all[all.findIndex((one) => one === document.activeElement) + by]?.focus();
}

/** The browser gives the focus back, but not to a tool that is hidden or elsewhere by now: then the message has it. */
function onClosed(/** @type {any} */ event) {
  const { activeElement } = document;
  if (event.newState === 'closed' && (activeElement === document.body || activeElement?.closest('.msg-tools')))
    document.getElementById(reactOn)?.focus({ preventScroll: true });
}

function onReacted(/** @type {any} */ event) {
  const { sourceElement, response, text } = event.detail.ctx;
  if (sourceElement === board && response?.status >= 400 && box) complain(errorIn(text));
}

export function startReacting() {
  log.addEventListener('submit', onReaction);
  log.addEventListener('click', onReactClick);
  board.addEventListener('click', onChosen);
  board.addEventListener('keydown', onBoardKey);
  board.addEventListener('beforetoggle', (/** @type {any} */ event) => event.newState === 'closed' ? (reactTo = '') : board.removeAttribute('style'));
  board.addEventListener('toggle', onClosed);
  document.addEventListener('htmx:finally:request', onReacted);
}
