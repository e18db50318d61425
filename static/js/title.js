// @ts-check
/** A room that gets another name, or a person of a room of two: every place of the page that says it follows. */
import { log } from './filter.js';
import { retitle } from './follow.js';

const PLACES = '#room-title h1 > .cut, #clear-dialog [dir=auto], #earlier h2 > [dir=auto]';
const FLAGS = '.bar-face > .flag, #earlier > .flag';

let called = document.querySelector('#room-title h1 > .cut')?.textContent ?? '';

function renamed(/** @type {string | null} */ text, /** @type {string} */ name) {
  return text?.endsWith(called) ? text.slice(0, text.length - called.length) + name : text ?? '';
}

function drawAnew(/** @type {Element} */ flag, /** @type {Element} */ other) {
  const palette = flag.getAttribute('data-c');
  if (palette) other.setAttribute('data-c', palette);
  else other.removeAttribute('data-c');
  other.replaceChildren(...[...flag.childNodes].map((node) => node.cloneNode(true)));
}

/** The page shows this room, as it stands in the lists now. */
export function callRoom(/** @type {Element} */ link) {
  const name = link.querySelector('.cut')?.textContent ?? '';
  if (!log || !called || name === called) return;
  for (const place of document.querySelectorAll(PLACES)) if (place.textContent === called) place.textContent = name;
  for (const label of ['aria-label', 'placeholder'])
    for (const one of document.querySelectorAll(`#scroll[${label}], #text[${label}]`))
      one.setAttribute(label, renamed(one.getAttribute(label), name));
  const flag = link.querySelector('.flag');
  if (flag) for (const other of document.querySelectorAll(FLAGS)) drawAnew(flag, other);
  retitle(called, name);
  called = name;
}
