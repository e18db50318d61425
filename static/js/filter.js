// @ts-check
/**
 * The one place where numbered things enter the page, whatever brought them: a frame, a poll's or a
 * POST's answer, a page of history. Each batch is a complete range of changes that begins at or below
 * the page's cursor; applying what is above the cursor, in order of change, leaves no gap and no
 * double, however many transports and answers overlap.
 */
import { catchUp, reset } from './live.js';

/** What one batch did to the log: told to the rest of the page by the event `batch` on the log. */
/** @typedef {{added: HTMLElement[], replaced: HTMLElement[], history: boolean}} Batch */

export const htmx = /** @type {any} */ (window).htmx;
export const log = /** @type {HTMLElement} */ (document.getElementById('log'));

const NUMBERED = ':scope > li[data-change]';
const OURS = 'li[data-change], i[data-mark], ol[data-history], output[data-reset]';
const cursorField = /** @type {HTMLInputElement} */ (document.getElementById('cursor'));

export const cursor = () => cursorField?.value ?? ''; // pages outside rooms have none
export const numbered = () => /** @type {HTMLElement[]} */ ([...log.querySelectorAll(NUMBERED)]);

const change = (/** @type {HTMLElement} */ li) => Number(li.dataset.change);
const number = (/** @type {HTMLElement} */ li) => Number(li.dataset.number ?? li.dataset.change);

/** Where a thing stands: by position, then number. A floor has no position and stands first. */
export const place = (/** @type {HTMLElement} */ li) => [Number(li.dataset.pos ?? 0), number(li)];

const isBefore = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

/** `<epoch>.<number>` in its two parts. */
function split(/** @type {string} */ text) {
  const [epoch, n] = text.split('.');
  return { epoch, n: Number(n) };
}

/** The place from which on the page has everything; nothing if it has all there is. */
function edge() {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector('#earlier > a'));
  return link && new URL(link.href).searchParams.get('before')?.split('.').map(Number);
}

function insert(/** @type {HTMLElement} */ li) {
  let later = null;
  for (const other of numbered().reverse()) {
    if (isBefore(place(other), place(li))) return other.after(li);
    later = other;
  }
  if (later) later.before(li);
  else log.append(li);
}

/** What has the focus instead of something in a message that is replaced: the same link or button of the new one. */
const heir = (/** @type {HTMLElement} */ li, /** @type {any} */ old) =>
  /** @type {any[]} */ ([...li.querySelectorAll('a, button')]).find((one) => one.href === old.href && one.value === old.value) ?? li;

/** Put one thing into its place, instead of its older self if that is here; up to `from` it is nothing new. */
function put(/** @type {HTMLElement} */ li, /** @type {Batch} */ batch, from = 0) {
  const old = document.getElementById(li.id);
  if (old && change(old) >= change(li)) return;
  const form = old?.querySelector(':scope > #edit'); // somebody is changing the words, which must not go with it
  const limit = form ? null : edge();
  if (li.dataset.pos && limit && isBefore(place(li), limit)) return old?.remove();
  const focused = /** @type {HTMLElement | null} */ (old?.contains(document.activeElement) ? document.activeElement : null);
  if (old && !('deleted' in li.dataset)) li.append(...old.querySelectorAll(':scope > :is(.msg-tools, #edit)'));
  if (old) li.ariaLive = 'off'; // that it has changed is not read aloud
  if (old && String(place(old)) === String(place(li))) old.replaceWith(li);
  else {
    old?.remove();
    insert(li);
  }
  batch[old || number(li) <= from ? 'replaced' : 'added'].push(li);
  htmx.process(li);
  if (!focused) return;
  li.focus({ preventScroll: true }); // its tools can have the focus only when they show
  (focused.isConnected ? focused : heir(li, focused)).focus({ preventScroll: true });
}

function apply(/** @type {HTMLElement} */ li, /** @type {Batch} */ batch, /** @type {number} */ from) {
  const floor = Number(li.dataset.floor);
  if (floor) for (const old of numbered()) if (number(old) < floor) old.remove();
  if (!floor || !li.hidden) put(li, batch, from);
}

/** Merge an older page of history; what changed since it was read is asked for and merged too. */
function mergeHistory(/** @type {HTMLElement} */ page, /** @type {Batch} */ batch) {
  const read = split(String(page.dataset.history));
  const top = document.getElementById('earlier');
  if (read.epoch !== log.dataset.epoch || !top) return;
  const focused = top.contains(document.activeElement);
  const next = page.querySelector(':scope > :not([data-change])');
  if (next) {
    top.replaceWith(next);
    htmx.process(next);
    if (focused) (next.querySelector('a') ?? log.parentElement?.parentElement)?.focus({ preventScroll: true });
  } else top.remove();
  batch.history = true;
  for (const li of page.querySelectorAll(NUMBERED)) put(/** @type {HTMLElement} */ (li), batch);
  if (split(cursor()).n > read.n) catchUp(String(page.dataset.history));
}

/** Apply a batch that says by its mark that it is whole and of this epoch; else nothing of it. */
function applyBatch(/** @type {HTMLElement[]} */ things, /** @type {string=} */ since) {
  const batch = /** @type {Batch} */ ({ added: [], replaced: [], history: false });
  const marks = things.filter((thing) => thing.matches('[data-mark]'));
  const mark = split(String(marks.at(-1)?.dataset.mark));
  if (since && mark.n < split(cursor()).n) return catchUp(since); // overtaken: it may hold what has left
  if (mark.epoch === log.dataset.epoch) {
    const from = split(since || cursor()).n;
    const changes = things.filter((thing) => thing.matches('[data-change]') && change(thing) > from);
    for (const li of changes.sort((a, b) => change(a) - change(b))) apply(li, batch, from);
    if (mark.n > split(cursor()).n) cursorField.value = `${mark.epoch}.${mark.n}`;
  }
  for (const page of things.filter((thing) => thing.matches('[data-history]'))) mergeHistory(page, batch);
  if (things.some((thing) => thing.matches('[data-reset]'))) reset();
  log.dispatchEvent(new CustomEvent('batch', { detail: batch }));
}

/** Before htmx swaps anything: take what is ours out, and let nothing without a number into the log. */
function filter(/** @type {any} */ event) {
  const { ctx, tasks } = event.detail;
  const things = [];
  for (const task of tasks) {
    const ours = [...task.fragment.children].filter((child) => child.matches(OURS));
    const toLog = task.target === log || task.target === '#log';
    for (const thing of toLog ? [...task.fragment.childNodes] : ours) thing.remove();
    if ((ours.length || toLog) && !task.fragment.childElementCount) task.swapSpec.style = 'none';
    things.push(...ours);
  }
  if (things.length && !(ctx.response?.status >= 400)) applyBatch(things, ctx.since);
}

export function startFilter() {
  document.addEventListener('htmx:before:swap', filter);
}
