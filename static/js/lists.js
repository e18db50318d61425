// @ts-check
/** The lists of rooms beside every page: which one is shown here, how many have news, and what to say of it. */
import { draftsOf } from './draft.js';
import { room } from './live.js';
import { say } from './say.js';
import { callRoom } from './title.js';

const REST_MENTION_MS = 10000; // one mention is said in this time, not all

const lists = document.querySelectorAll('#rooms-list, #direct-list');
const news = document.getElementById('news');
/** @type {Map<string | undefined, number>} */
let mentions = new Map();
let saidAt = 0;

/** Every room and person in the lists, in their order. */
export const roomLinks = () => /** @type {HTMLElement[]} */ ([...lists].flatMap((list) => [...list.querySelectorAll('[data-slug]')]));

const countOf = (/** @type {Element} */ link) => parseInt(link.querySelector('.badge.at')?.textContent?.replace('@', '') ?? '') || 0;

function sayMention(/** @type {HTMLElement} */ link) {
  if (Date.now() < saidAt + REST_MENTION_MS) return;
  saidAt = Date.now();
  say(`${link.closest('#direct-list') ? 'Message from' : 'Mention in'} ${link.querySelector('.cut')?.textContent}`);
}

/** The lists come without knowing which page they come to. */
function markHere() {
  const here = roomLinks().find((link) => link.dataset.slug === room);
  here?.setAttribute('aria-current', 'page');
  here?.querySelector('.badge')?.remove();
  if (here) callRoom(here);
}

/** Words wait in other rooms; those for this one can be seen. */
function markDrafts() {
  for (const link of roomLinks())
    link.querySelector('.draft')?.toggleAttribute('hidden', link.dataset.slug === room || !draftsOf(link.dataset.slug).length);
}

function lookThrough(first = false) {
  markHere();
  markDrafts();
  const links = roomLinks().filter((link) => link.querySelector('.badge'));
  const risen = links.find((link) => countOf(link) > (mentions.get(link.dataset.slug) ?? 0));
  mentions = new Map(links.map((link) => [link.dataset.slug, countOf(link)]));
  if (risen && !first) sayMention(risen);
  if (!news) return;
  news.hidden = !links.length;
  news.textContent = String(links.length);
  news.classList.toggle('at', links.some(countOf));
  news.parentElement?.setAttribute('aria-label', links.length ? `Rooms, ${links.length} with news` : 'Rooms');
}

export function startLists() {
  const observer = new MutationObserver(() => lookThrough());
  for (const list of lists) observer.observe(list, { childList: true, subtree: true });
  addEventListener('storage', markDrafts); // another tab's
  addEventListener('pageshow', markDrafts);
  lookThrough(true);
}
