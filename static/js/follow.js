// @ts-check
/** Following: new messages come into view while the reader is at the end, and never otherwise. */
import { htmx, log, numbered } from './filter.js';
import { keptAs } from './composer.js';
import { say } from './say.js';

const AWAY_PX = 80; // scrolled up by more: the reader is reading
const BACK_PX = 8; // within this of the end: following again
const WAY_MS = 2000; // to the end: what arrives meanwhile comes into view too
const BUSY_MS = 2000; // bursts of more than BUSY_COUNT in this time are not read aloud one by one
const BUSY_COUNT = 5;

export const scroller = /** @type {HTMLElement} */ (document.getElementById('scroll'));
const pill = document.getElementById('pill');
const toggles = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-follow]'));
let title = document.title;
const anchors = CSS.supports('overflow-anchor', 'auto'); // else the script keeps what is read in its place
let away = false;
let comingUntil = 0;
let staying = false;
let unseen = 0;
let burst = 0;
/** @type {{li: Element, top: number} | null} */
let held = null;

const up = () => -scroller.scrollTop; // column-reverse: 0 is the end
const attentive = () => !document.hidden && !away && !staying;

/** Whether the newest message is in view. */
export const atEnd = () => up() <= BACK_PX;

/** Whether new messages come into view: old ones may then be dropped. */
export const following = () => !away && !staying;

/** Remember where something visible stands, to be able to put it back there. */
function hold() {
  const edge = scroller.getBoundingClientRect().top;
  const li = numbered().find((other) => other.getBoundingClientRect().bottom > edge);
  held = li ? { li, top: li.getBoundingClientRect().top } : null;
}

function putBack() {
  if (!held?.li.isConnected) return;
  const moved = held.li.getBoundingClientRect().top - held.top;
  if (Math.abs(moved) > 1) scroller.scrollTop += moved;
}

/** The room has another name: the page's title begins with it. */
export function retitle(/** @type {string} */ from, /** @type {string} */ to) {
  if (title.startsWith(from)) title = to + title.slice(from.length);
  showPill();
}

function showPill() {
  const far = up() > 2 * scroller.clientHeight;
  const words = document.getElementById('pill-text');
  if (words) words.textContent = unseen ? `${unseen} new ${unseen === 1 ? 'message' : 'messages'}` : 'Jump to latest';
  pill?.toggleAttribute('hidden', !(unseen && (away || staying)) && !far);
  pill?.querySelector('.pill')?.classList.toggle('quiet', !unseen);
  document.title = unseen ? `(${unseen}) ${title}` : title;
}

/** What is at the end has been seen by somebody who looks. */
function look() {
  const distance = up();
  if (distance > AWAY_PX && performance.now() > comingUntil) away = true;
  if (distance <= BACK_PX) away = false;
  if (!document.hidden && distance <= BACK_PX) unseen = 0;
  hold();
  showPill();
}

export function toEnd() {
  const near = up() < 2 * scroller.clientHeight && !matchMedia('(prefers-reduced-motion: reduce)').matches;
  away = false;
  comingUntil = performance.now() + WAY_MS;
  setTimeout(look, WAY_MS + 1); // somebody may have turned round
  scroller.scrollTo({ top: 0, behavior: near && !document.hidden ? 'smooth' : 'instant' });
  look();
}

/** From reading back to the end; false if the reader is there. */
export function comeBack() {
  const was = away;
  if (was) toEnd();
  return was;
}

/** What I wrote comes into view, unless I chose to stay where I am. */
export const showMine = () => staying || toEnd();

/** One line before the first message that came while nobody looked. */
function drawLine(/** @type {HTMLElement[]} */ fresh) {
  const line = document.getElementById('new') ?? document.createElement('li');
  line.id = 'new';
  line.className = 'new-line';
  line.dataset.after = String(Math.min(...fresh.map((li) => Number(li.dataset.number))) - 1);
  line.hidden = false;
  line.textContent = 'New';
  fresh[0].before(line);
}

/** Bursts are told as a number instead of being read aloud. */
function hush(/** @type {number} */ count) {
  if (!burst) setTimeout(() => {
    scroller.setAttribute('aria-busy', 'false');
    if (burst > BUSY_COUNT) say(`${burst} new messages`);
    burst = 0;
  }, BUSY_MS);
  burst += count;
  if (burst > BUSY_COUNT) scroller.setAttribute('aria-busy', 'true');
}

function onAdded(/** @type {any} */ event) {
  const { added, history } = event.detail;
  const others = added.filter((/** @type {HTMLElement} */ li) => li.matches('.msg') && li.dataset.author !== document.body.dataset.me);
  if (!history) {
    hush(added.length);
    if (others.length && !attentive()) {
      if (!unseen) drawLine(others);
      unseen += others.length;
    }
  }
  if (history || staying || (away && !anchors)) putBack();
  else if (added.length && following()) scroller.scrollTop = 0; // it may be on its way there
  hold();
  showPill();
}

function setStaying(/** @type {boolean} */ stay) {
  staying = stay;
  for (const toggle of toggles) {
    const words = toggle.querySelector('[data-words]');
    const icon = toggle.querySelector('use');
    toggle.hidden = false;
    toggle.setAttribute('aria-pressed', String(!stay));
    if (words) words.textContent = stay ? 'Staying here' : 'Following';
    icon?.setAttribute('href', String(icon.getAttribute('href')).replace(/#.*/, stay ? '#i-stay' : '#i-follow'));
  }
  if (stay) localStorage.setItem(keptAs('stay'), '1');
  else localStorage.removeItem(keptAs('stay'));
  hold();
}

/** Opened with more than a screen of unread messages: begin at the line. */
function beginAtLine() {
  const line = document.getElementById('new');
  if (!line) return;
  const first = numbered().filter((li) => line.compareDocumentPosition(li) & Node.DOCUMENT_POSITION_FOLLOWING);
  if (line.getBoundingClientRect().top >= scroller.getBoundingClientRect().top) return;
  line.scrollIntoView({ block: 'start', behavior: 'instant' });
  unseen = first.length;
  away = true;
}

export function startFollowing() {
  scroller.addEventListener('scroll', look, { passive: true });
  document.addEventListener('visibilitychange', look);
  log.addEventListener('batch', onAdded);
  pill?.addEventListener('click', (event) => (event.preventDefault(), toEnd()));
  for (const toggle of toggles) toggle.addEventListener('click', () => (setStaying(!staying), showMine()));
  setStaying(localStorage.getItem(keptAs('stay')) === '1');
  beginAtLine();
  look();
}
