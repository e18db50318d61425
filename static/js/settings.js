// @ts-check
/** How pages look on this device, and times in the reader's zone. What is chosen counts at once, and
 *  `theme.js` sets it again on every page. */
import { clock } from './furniture.js';

const appearance = /** @type {HTMLFormElement | null} */ (document.getElementById('appearance'));
const A_DAY_MS = 86400000;

const lookHere = () => document.documentElement.dataset;

/** Show what is chosen now; what this device never chose is as it is in the page. */
function showLook() {
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (appearance?.querySelectorAll('input') ?? [])) {
    const chosen = lookHere()[input.name];
    if (chosen) input.checked = chosen === input.value;
  }
}

function onLook() {
  if (!appearance) return;
  const data = new FormData(appearance);
  const chosen = {
    theme: String(data.get('theme')),
    density: String(data.get('density')),
    text: data.has('text') ? 'large' : 'normal',
    enter: data.has('enter') ? 'send' : 'line',
  };
  Object.assign(lookHere(), chosen);
  localStorage.setItem('look', JSON.stringify(chosen));
}

/** `9:41`, `yesterday`, `Thursday`, `2 November`, as the server says it of its own day. */
function momentWords(/** @type {Date} */ date) {
  const today = new Date().setHours(0, 0, 0, 0);
  const days = Math.round((today - new Date(date).setHours(0, 0, 0, 0)) / A_DAY_MS);
  if (days <= 0) return clock(date);
  if (days === 1) return 'yesterday';
  if (days < 7) return date.toLocaleDateString('en-GB', { weekday: 'long' });
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year });
}

export function startSettings() {
  if (!appearance) return;
  showLook();
  appearance.addEventListener('change', onLook);
  for (const hidden of document.querySelectorAll('[data-needs-script]')) hidden.removeAttribute('hidden');
  for (const time of document.querySelectorAll('time')) time.textContent = momentWords(new Date(time.dateTime));
}
