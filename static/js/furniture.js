// @ts-check
/** What stands between messages or depends on the reader's clock: days, groups, times, and the trim. */
import { htmx, log, numbered, place } from './filter.js';
import { following } from './follow.js';

const GROUP_MS = 300000; // the same person within five minutes needs no second name
const KEEP = 200; // messages in the page while following; older ones are behind "Earlier messages"
const FACES = 3; // beside a line that tells of many
const SPARE = 20; // dropped together, not one with each message

const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const DAY_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

/** When a thing was said, in the reader's zone; nothing for what has no time. */
function when(/** @type {Element} */ li) {
  const time = li.querySelector('time')?.dateTime;
  return time ? new Date(time) : null;
}

/** `2026-11-21` of the reader's own day. */
const dayOf = (/** @type {Date} */ date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;

function dayWords(/** @type {Date} */ date) {
  const now = new Date();
  if (dayOf(date) === dayOf(now)) return 'Today';
  if (dayOf(date) === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday';
  return (date.getFullYear() === now.getFullYear() ? DAY : DAY_YEAR).format(date);
}

function dayLine(/** @type {Date} */ date) {
  const line = document.createElement('li');
  line.className = 'day';
  line.dataset.day = dayOf(date);
  line.append(document.createElement('h2'));
  return line;
}

/** One heading before the first thing of each day; those that stand right are left alone. */
function drawDays() {
  let current = '';
  let waiting = /** @type {HTMLElement | null} */ (null);
  for (const li of /** @type {HTMLElement[]} */ ([...log.children])) {
    if (li.matches('.day')) {
      waiting?.remove();
      waiting = li;
    }
    const date = 'change' in li.dataset && when(li);
    if (!date) continue;
    if (dayOf(date) !== current) {
      current = dayOf(date);
      const line = waiting?.dataset.day === current ? waiting : dayLine(date);
      if (line === waiting) waiting = null;
      else li.before(line);
      nameDay(line, dayWords(date));
    }
    waiting?.remove();
    waiting = null;
  }
  waiting?.remove();
}

function nameDay(/** @type {HTMLElement} */ line, /** @type {string} */ words) {
  const heading = line.querySelector('h2');
  if (heading && heading.textContent !== words) heading.textContent = words;
}

/** Comings and goings with nothing to see between them, in runs. */
function runsOfNotices() {
  const runs = /** @type {HTMLElement[][]} */ ([]);
  let run = /** @type {HTMLElement[]} */ ([]);
  for (const li of /** @type {HTMLElement[]} */ ([...log.children])) {
    if (li.hidden || li.matches('.told')) continue;
    if (!li.matches('[data-kind="came"], [data-kind="left"]')) run = [];
    else if (run.push(li) === 1) runs.push(run);
  }
  return runs;
}

const VERBS = { 'came came': 'came in', 'left left': 'left', 'came left': 'came and went', 'left came': 'left and came back' };

/** What was done by whom, by their first and last notice in a run. */
function doings(/** @type {HTMLElement[]} */ run) {
  const people = /** @type {Map<string | undefined, HTMLElement[]>} */ (new Map());
  const done = /** @type {Map<string, HTMLElement[]>} */ (new Map());
  for (const li of run) people.set(li.dataset.person, [people.get(li.dataset.person)?.[0] ?? li, li]);
  for (const [first, last] of people.values()) {
    const verb = VERBS[/** @type {keyof VERBS} */ (`${first.dataset.kind} ${last.dataset.kind}`)];
    done.set(verb, [...(done.get(verb) ?? []), first]);
  }
  return done;
}

/** "Elias and 3 others came in": one line for a run, made of what its notices show. */
function toldLine(/** @type {HTMLElement[]} */ run) {
  const line = /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (run.at(-1)).cloneNode(true));
  const [faces, words] = line.children;
  for (const name of line.getAttributeNames()) if (name !== 'class') line.removeAttribute(name);
  line.className = 'notice told';
  line.dataset.of = `${run[0].id} ${run.at(-1)?.id}`;
  const done = [...doings(run)];
  const shown = done.flatMap(([, people]) => people).slice(0, FACES);
  faces.replaceChildren(...shown.map((li) => li.querySelector('.av')?.cloneNode(true) ?? ''));
  words.replaceChildren(...done.flatMap(([verb, people], at) => {
    const [one, two] = people.map((li) => li.querySelector('b')?.cloneNode(true) ?? '');
    const others = people.length > 2 ? [` and ${people.length - 1} others`] : two ? [' and ', two] : [];
    return [at ? ', ' : '', one, ...others, ` ${verb}`];
  }));
  return line;
}

/** Several notices in a row are told in one line; a line that stands right is left alone. */
function drawNotices() {
  const lines = new Map([...log.querySelectorAll('.told')].map((li) => [/** @type {HTMLElement} */ (li).dataset.of, li]));
  for (const run of runsOfNotices()) {
    for (const li of run) li.classList.toggle('merged', run.length > 1);
    if (run.length < 2) continue;
    const of = `${run[0].id} ${run.at(-1)?.id}`;
    const line = lines.get(of) ?? toldLine(run);
    lines.delete(of);
    if (run[0].previousElementSibling !== line) run[0].before(line);
  }
  for (const line of lines.values()) line.remove();
}

/** "New" stands before the first of others' messages that are, wherever they were moved, if anything is before it. */
function drawNew() {
  const line = document.getElementById('new');
  const isNew = (/** @type {HTMLElement} */ li) => Number(li.dataset.number) > Number(line?.dataset.after);
  const said = numbered().filter((li) => li.matches('.msg'));
  const first = said.findIndex((li) => isNew(li) && li.dataset.author !== document.body.dataset.me && !('deleted' in li.dataset));
  if (!line) return;
  line.hidden = first < 0 || said.slice(0, first).every(isNew);
  if (!line.hidden && said[first].previousElementSibling !== line) said[first].before(line);
}

/** Whether a message goes on from the one just above it. */
function goesOn(/** @type {HTMLElement} */ li) {
  let above = /** @type {HTMLElement | null} */ (li.previousElementSibling);
  while (above?.hidden) above = /** @type {HTMLElement | null} */ (above.previousElementSibling);
  if (!above?.matches('.msg') || above.dataset.author !== li.dataset.author) return false;
  if ('deleted' in above.dataset || 'deleted' in li.dataset || li.querySelector('.quote')) return false;
  return Math.abs(Number(when(li)) - Number(when(above))) < GROUP_MS;
}

/** `9:41`, as it is said. */
export const clock = (/** @type {Date} */ date) => `${date.getHours()}:${String(date.getMinutes()).padStart(2, '0')}`;

function localTimes(/** @type {ParentNode} */ root) {
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll('time:not([title])'))) {
    const date = new Date(time.dateTime);
    time.textContent = clock(date);
    time.title = date.toLocaleString();
  }
}

/** While following, keep the newest and put the rest behind the link to earlier messages. */
function trim() {
  const all = numbered();
  if (!following() || all.length <= KEEP + SPARE) return;
  const old = all.slice(0, all.length - KEEP);
  if (old.some((li) => li.contains(document.activeElement) || li.querySelector('#edit'))) return;
  for (const li of old) li.remove();
  const link = document.querySelector('#earlier > a') ?? earlierLink();
  const href = `${location.pathname}?before=${place(all[all.length - KEEP]).join('.')}`;
  link.setAttribute('href', href);
  link.setAttribute('hx-get', href);
  htmx.process(link);
}

/** The page held everything until now: it begins with the link from here on. */
function earlierLink() {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById('earlier-link'));
  const li = /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
  document.getElementById('earlier')?.remove();
  log.prepend(li);
  return /** @type {HTMLAnchorElement} */ (li.querySelector('a'));
}

/** Set all of it again; after each batch, before anything is painted. */
function arrange() {
  trim();
  localTimes(log);
  drawDays();
  drawNew();
  drawNotices();
  for (const li of numbered()) if (li.matches('.msg')) li.classList.toggle('cont', goesOn(li));
}

export function startFurniture() {
  log.addEventListener('batch', arrange);
  arrange();
}
