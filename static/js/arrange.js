// @ts-check
/** Moving a message: it is lifted by a key, a tool or its grip, a line shows where it lands, the server moves it. */
import { cursor, log } from './filter.js';
import { post, swap } from './live.js';
import { scroller } from './follow.js';
import { say } from './say.js';

const MOVES = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };
const FAR = 10; // messages at a time, with Shift
const GRIP_PX = 20;
const DRAG_PX = 4; // pulled by less: a press, which changes nothing
const EDGE_PX = 48; // nearer than this to an end of the list, dragging scrolls it
const SCROLL_PX = 12; // with each frame
const TOLD_MS = 5000;
const NOT_MOVED = 'It could not be moved there. It is back in its place.';

const bar = document.getElementById('arrange'); // only who may move messages has it
const how = document.getElementById('how');
let lifted = ''; // the id of the message
let beside = { id: '', after: true }; // which message it lands
let pulled = /** @type {{id: string, from: number, y: number} | null} */ (null);
let toldTimer = 0;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement | null} */ (id ? document.getElementById(id) : null);
const said = () => /** @type {HTMLElement[]} */ ([...log.querySelectorAll(':scope > .msg')]);
const rest = () => said().filter((li) => li.id !== lifted);

/** Between which of the others the line is: before the first is 0. */
const gap = () => rest().findIndex((li) => li.id === beside.id) + Number(beside.after);

/** The gap in which the lifted message is. */
const home = () => said().findIndex((li) => li.id === lifted);

function aimAt(/** @type {number} */ n) {
  const all = rest();
  const at = Math.max(0, Math.min(n, all.length));
  beside = { id: all[at ? at - 1 : 0].id, after: at > 0 };
}

const named = (/** @type {HTMLElement | null} */ li) => li?.querySelector('.msg-name')?.textContent;

function unmark() {
  for (const li of /** @type {NodeListOf<HTMLElement>} */ (log.querySelectorAll('[data-lands]'))) delete li.dataset.lands;
}

/** Show what is lifted and where it lands, and say it. */
function showPlace() {
  const target = byId(beside.id);
  unmark();
  byId(lifted)?.classList.add('moving');
  target?.setAttribute('data-lands', beside.after ? 'after' : 'before');
  if (pulled || !how) return;
  const where = document.createElement('b');
  const time = target?.querySelector('time')?.textContent;
  where.textContent = `Now ${beside.after ? 'after' : 'before'} ${time}, ${named(target) ?? 'a message that is gone'}.`;
  how.replaceChildren(`Moving ${named(byId(lifted))?.split(' ')[0]}’s message. `, where);
}

/** Begin to move a message; false if there is nowhere to go. */
function lift(/** @type {HTMLElement} */ li) {
  leaveMove();
  if (said().length < 2 || 'deleted' in li.dataset) return false;
  lifted = li.id;
  aimAt(home());
  return true;
}

function openBar() {
  clearTimeout(toldTimer);
  bar?.removeAttribute('data-told');
  bar?.removeAttribute('hidden');
}

/** Words for everybody who looks, in the place of the bar; they go by themselves. */
function tellAll(/** @type {string} */ words) {
  openBar();
  bar?.setAttribute('data-told', '');
  how?.replaceChildren(words);
  toldTimer = setTimeout(() => bar?.setAttribute('hidden', ''), TOLD_MS);
}

/** Nothing is lifted any more: what was, if anything. */
function lower() {
  const was = lifted;
  lifted = '';
  pulled = null;
  unmark();
  if (was) bar?.setAttribute('hidden', '');
  return byId(was);
}

/** Put the lifted message back; false if there is none. */
export function leaveMove() {
  const li = lower();
  li?.classList.remove('moving');
  if (bar?.contains(document.activeElement)) li?.focus({ preventScroll: true });
  return !!li;
}

/** Have the server move it, if it is not there already. */
async function land() {
  const bare = (/** @type {string} */ id) => id.slice(2);
  if (gap() === home()) return leaveMove();
  const where = { [beside.after ? 'after' : 'before']: bare(beside.id), since: cursor() };
  const byHand = !pulled;
  const li = lower();
  if (!li) return;
  if (byHand) li.focus({ preventScroll: true });
  const answer = await post(`messages/${bare(li.id)}/move`, where).catch(() => null);
  const text = answer?.ok ? await answer.text() : '';
  const done = /data-(mark|reset)/.test(text); // else it is no answer of ours
  if (done) swap(text);
  const now = byId(li.id);
  now?.classList.remove('moving');
  if (byHand && document.activeElement === document.body) (now ?? said()[0])?.focus({ preventScroll: true });
  if (byHand) now?.scrollIntoView({ block: 'nearest' });
  if (done) say('Moved');
  else tellAll(NOT_MOVED);
}

/** Others go on meanwhile: what is lifted may be other words now, or gone, and so may what it lands beside. */
function onOthers() {
  if (!lifted) return;
  const li = byId(lifted);
  if (!li || 'deleted' in li.dataset) {
    leaveMove();
    return tellAll('The message is gone.');
  }
  if (!rest().length) return leaveMove();
  if (!byId(beside.id)) aimAt(home());
  showPlace();
}

function stepBy(/** @type {number} */ by) {
  aimAt(gap() + by);
  showPlace();
  byId(beside.id)?.scrollIntoView({ block: 'nearest' });
}

function onMoveKey(/** @type {KeyboardEvent} */ event) {
  if (!lifted || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = MOVES[/** @type {keyof MOVES} */ (event.key)];
  if (by) stepBy(by * (event.shiftKey ? FAR : 1));
  else if (event.key === 'Enter' && !/** @type {Element} */ (event.target).closest('a, button')) land();
  else return;
  event.preventDefault();
}

function onMoveTool(/** @type {MouseEvent} */ event) {
  const li = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('a.arr')?.closest('.msg'));
  if (event.ctrlKey || event.metaKey || event.shiftKey || !li) return;
  event.preventDefault();
  if (!lift(li)) return;
  openBar();
  showPlace();
  li.focus({ preventScroll: true });
}

function onBar(/** @type {MouseEvent} */ event) {
  const button = /** @type {Element} */ (event.target).closest('button');
  if (button?.dataset.by) stepBy(Number(button.dataset.by));
  else if (button?.matches('[data-land]')) land();
  else if (button) leaveMove();
}

// By the grip

function aimUnder(/** @type {number} */ y) {
  const all = rest();
  const middle = (/** @type {Element} */ li) => li.getBoundingClientRect().top / 2 + li.getBoundingClientRect().bottom / 2;
  const found = all.findIndex((li) => y < middle(li));
  const at = found < 0 ? all.length : found;
  const above = all[at - 1];
  beside = at === all.length || above?.getBoundingClientRect().bottom >= y ? { id: above.id, after: true } : { id: all[at].id, after: false };
  showPlace();
}

function roll() {
  if (!pulled || !lifted) return;
  const { top, bottom } = scroller.getBoundingClientRect();
  const by = Number(pulled.y > bottom - EDGE_PX) - Number(pulled.y < top + EDGE_PX);
  if (by) {
    scroller.scrollTop += by * SCROLL_PX;
    aimUnder(pulled.y);
  }
  requestAnimationFrame(roll);
}

function onGrab(/** @type {PointerEvent} */ event) {
  const li = /** @type {HTMLElement} */ (event.target); // the grip is drawn at the beginning of its line
  if (event.button || event.pointerType === 'touch' || !li.matches('.msg') || event.clientX > li.getBoundingClientRect().left + GRIP_PX) return;
  event.preventDefault();
  leaveMove();
  pulled = { id: li.id, from: event.clientY, y: event.clientY };
  scroller.setPointerCapture(event.pointerId); // the message itself may be replaced meanwhile
}

function onPull(/** @type {PointerEvent} */ event) {
  if (!pulled) return;
  const { id, from } = pulled;
  const y = event.clientY;
  if (!lifted) {
    const li = byId(id);
    if (Math.abs(y - from) < DRAG_PX || !li || !lift(li)) return;
    requestAnimationFrame(roll);
  }
  pulled = { id, from, y };
  aimUnder(y);
}

function onLetGo() {
  if (lifted && pulled) land();
  pulled = null;
}

export function startArranging() {
  if (!bar) return;
  scroller.classList.add('movable');
  log.addEventListener('click', onMoveTool);
  log.addEventListener('batch', onOthers);
  bar.addEventListener('click', onBar);
  for (const place of [scroller, bar]) place.addEventListener('keydown', onMoveKey);
  log.addEventListener('pointerdown', onGrab);
  scroller.addEventListener('pointermove', onPull);
  scroller.addEventListener('pointerup', onLetGo);
  scroller.addEventListener('pointercancel', leaveMove);
}
