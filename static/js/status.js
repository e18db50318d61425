// @ts-check
/** Says how the connection is, in words, and says nothing of an outage too short to matter. */
import { tryNow } from './live.js';

const CATCHING_MS = 2000; // shorter outages are not worth a word
const OFFLINE_MS = 5000;
const STILL_MS = 180000; // then only a reload is likely to help
const WORDS = { live: 'Live', catching: 'Catching up', offline: 'Offline' };

const strip = document.getElementById('strip');
const stripWords = document.getElementById('strip-text');
const stripButton = document.getElementById('strip-retry');
let downSince = Date.now();
let retryAt = Infinity;
let refused = false;
let ticking = 0;

function showState(/** @type {'live' | 'catching' | 'offline'} */ state, words = WORDS[state]) {
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-status]'))) {
    const text = line.querySelector('.status-text');
    line.dataset.state = state;
    if (text && text.textContent !== words) text.textContent = words;
  }
  strip?.toggleAttribute('hidden', state !== 'offline');
  document.getElementById('offline-note')?.toggleAttribute('hidden', state !== 'offline');
}

/** Once a second while nothing is up: the state by its age, the seconds to the next try. */
function tick() {
  const age = refused ? STILL_MS : Date.now() - downSince;
  if (age < CATCHING_MS) return;
  showState(age < OFFLINE_MS ? 'catching' : 'offline');
  const still = age >= STILL_MS;
  const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
  const next = Number.isFinite(seconds) ? `Trying again in ${seconds} s.` : 'Trying again.';
  if (stripWords) stripWords.textContent = still ? 'Still offline.' : `Offline. ${next}`;
  if (stripButton) stripButton.textContent = still ? 'Reload' : 'Try now';
}

function onLive(/** @type {any} */ event) {
  const { layer } = event.detail;
  ({ retryAt, refused } = event.detail);
  if (layer >= 0) {
    clearInterval(ticking);
    ticking = downSince = 0;
    return showState('live', layer === 2 ? 'Live, a little slower' : WORDS.live);
  }
  downSince ||= Date.now();
  ticking ||= setInterval(tick, 500);
  if (refused) tick();
}

function retry() {
  if (stripButton?.textContent === 'Reload') location.reload();
  else tryNow();
}

export function startStatus() {
  document.addEventListener('live', onLive);
  stripButton?.addEventListener('click', retry);
  ticking = setInterval(tick, 500);
}
