// @ts-check
/** Tells the server what was read: what stands at the end while somebody looks at it. */
import { log, numbered } from './filter.js';
import { isUp, post } from './live.js';
import { atEnd } from './follow.js';

const SEEN_MS = 1000; // looked at for this long: read
const REST_MS = 5000; // in a room that never rests, readers say so no more often than this

let told = 0;
let toldAt = 0;
let timer = 0;

const newest = () => Math.max(...numbered().map((li) => Number(li.dataset.number ?? 0)), 0);

function consider() {
  if (!isUp() || document.hidden || !document.hasFocus() || !atEnd()) {
    clearTimeout(timer);
    timer = 0;
  } else if (!timer) {
    const number = newest();
    if (number > told) timer = setTimeout(tellRead, Math.max(SEEN_MS, toldAt + REST_MS - Date.now()), number);
  }
}

function tellRead(/** @type {number} */ number) {
  const before = told;
  timer = 0;
  told = number;
  toldAt = Date.now();
  post('read', { number: String(number) }).catch(() => (told = before));
  consider();
}

export function startReading() {
  log.addEventListener('batch', consider);
  log.closest('#scroll')?.addEventListener('scroll', consider, { passive: true });
  for (const event of ['live', 'visibilitychange']) document.addEventListener(event, consider);
  for (const event of ['focus', 'blur']) addEventListener(event, consider);
}
