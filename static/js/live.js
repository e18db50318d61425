// @ts-check
/**
 * Keeps the page live on any network. Layers, not a ladder: websocket, server-sent events, long poll.
 * A lower layer runs only while no better one is up; better ones keep trying behind it. There is no
 * switch and no state to lose: every frame of every layer goes to htmx, and the filter sorts it out.
 */
import { cursor, htmx, log } from './filter.js';
import { keepWords } from './composer.js';
import { postsUnderWay } from './outbox.js';

const CONNECT_MS = [3000, 4000, 30000]; // ws, sse, poll: without a frame in this time it counts as failed
const NEXT_MS = 1500; // a layer that is not up by then gets the next one beside it
const IDLE_MS = 25000; // two heartbeats of 10 s may be late; a poll is given its CONNECT_MS
const RETRY_MS = 500; // doubled for each failure, times a random 0.5 to 1: no herd after a restart
const RETRY_MAX_MS = 30000; // a person waits no longer than this after the network is back
const LATER = 5; // failures that a close with 1013 (too slow, too many) counts for: about 8 to 16 s
const POLL_S = 20; // below the 25 s that the server allows and the 30 s idle cut of common proxies
const AWAY_MS = 60000; // a hidden tab without a websocket looks once a minute
const ANSWER_MS = 8000; // below the heartbeat of 10 s: a busy room, which has no bare ones, answers too
const ALIVE_MS = 25000; // the server gives up an event stream after 60 s without
const RELOAD_MS = 1000; // before the second reload of late, four times as long before each one after it
const RELOAD_MAX_MS = 60000;
const LATE_MS = 300000; // what "of late" means
const SETTLE_MS = 5000; // how long a reload waits for posts under way
const HEARTBEAT = /^\s*<i data-mark="[^"]*" hidden><\/i>\s*$/;

/** @typedef {(frame: (text: string) => void, fail: (failures?: number) => void) => () => void} Connect */

export const room = document.body.dataset.room;
let stopped = true;
let leaving = false;

const address = (/** @type {string} */ name) => `${room ? `/rooms/${room}` : ''}/${name}`;
const since = () => `since=${encodeURIComponent(cursor())}`;

/** Tell the server something about this page's room. */
export const post = (/** @type {string} */ name, /** @type {Record<string, string>} */ fields = {}) =>
  fetch(address(name), { method: 'POST', headers: { 'HX-Request': 'true' }, body: new URLSearchParams(fields) });

/** Give a frame to htmx; `from` is the cursor it was asked with, when that is below the page's. */
export function swap(/** @type {string} */ text, from = '') {
  const target = log ?? document.body;
  htmx.swap({ text, since: from, sourceElement: target, target, swap: log ? 'beforeend' : 'none' });
}

/** @type {Connect} */
function websocket(frame, fail) {
  let answered = 0;
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}${address('live')}?${since()}`);
  socket.onmessage = ({ data }) => {
    frame(data);
    if (socket.readyState !== 1 || (!HEARTBEAT.test(data) && Date.now() - answered < ANSWER_MS)) return;
    answered = Date.now();
    socket.send('');
  };
  socket.onclose = ({ code }) => (code === 1008 ? askWhy(fail) : fail(code === 1013 ? LATER : 1));
  return () => {
    socket.onclose = socket.onmessage = null;
    socket.close();
  };
}

/** @type {Connect} */
function events(frame, fail) {
  const source = new EventSource(`${address('events')}?${since()}`);
  const alive = setInterval(() => post('alive').catch(() => {}), ALIVE_MS);
  source.onmessage = ({ data }) => frame(data);
  source.onerror = () => fail();
  return () => {
    clearInterval(alive);
    source.close();
  };
}

/** Ask for changes once. Throws what is not our server's answer; the page goes where it belongs if we are out. */
async function ask(/** @type {string} */ query, signal = /** @type {AbortSignal | undefined} */ (undefined)) {
  const answer = await fetch(`${address('changes')}?${query}`, { signal, cache: 'no-store', headers: { 'HX-Request': 'true' } });
  const ours = answer.headers.has('Chat-Status');
  if (ours && answer.status === 401) loadAgain();
  if (ours && [403, 404].includes(answer.status)) leaveRoom();
  if (!ours || answer.status !== 200) throw new Error(`changes: ${answer.status}`);
  return answer.text();
}

/** @type {Connect} */
function poll(frame, fail) {
  const abort = new AbortController();
  const loop = async (/** @type {number} */ wait) => {
    const text = await ask(`wait=${wait}&${since()}${document.hidden ? '&away=1' : ''}`, abort.signal);
    if (abort.signal.aborted) return;
    frame(text);
    if (document.hidden) setTimeout(step, AWAY_MS, 0);
    else step(POLL_S);
  };
  const step = (/** @type {number} */ wait) => abort.signal.aborted || loop(wait).catch(() => abort.signal.aborted || fail());
  step(0);
  return () => abort.abort();
}

const layers = [websocket, events, poll].map((connect, rank) => ({
  connect,
  rank,
  up: false,
  worked: false,
  failures: 0,
  retryAt: 0,
  stop: /** @type {(() => void) | null} */ (null),
  timers: { retry: 0, next: 0, watch: 0 },
}));
/** @typedef {typeof layers[number]} Layer */

const best = () => layers.findIndex((layer) => layer.up);
export const isUp = () => best() >= 0;

/** Tell the page which layer is up (-1: none) and when the next try is due. */
function tell(/** @type {boolean} */ refused = false) {
  const due = layers.map((layer) => layer.retryAt).filter(Boolean);
  document.dispatchEvent(new CustomEvent('live', { detail: { layer: best(), retryAt: Math.min(...due), refused } }));
}

function begin(/** @type {Layer | undefined} */ layer) {
  if (!layer || stopped || layer.stop || layers.some((other) => other.up && other.rank < layer.rank)) return;
  if (layer.rank === 1 && document.hidden) return begin(layers[2]);
  clearTimeout(layer.timers.retry);
  layer.retryAt = 0;
  const { timers, rank } = layer;
  timers.watch = setTimeout(fail, CONNECT_MS[rank], layer);
  timers.next ||= setTimeout(begin, NEXT_MS, layers[rank + 1]);
  layer.stop = layer.connect((text) => frame(layer, text), (n) => fail(layer, n));
}

function close(/** @type {Layer} */ layer) {
  const { timers } = layer;
  clearTimeout(timers.watch);
  clearTimeout(timers.retry);
  layer.stop?.();
  layer.stop = null;
  layer.up = false;
  layer.retryAt = 0;
}

/** Close a layer that is not wanted now, and forget what it has failed. */
function end(/** @type {Layer} */ layer) {
  close(layer);
  clearTimeout(layer.timers.next);
  layer.timers.next = layer.failures = 0;
}

function frame(/** @type {Layer} */ layer, /** @type {string} */ text) {
  const { timers, rank } = layer;
  clearTimeout(timers.watch);
  clearTimeout(timers.next);
  timers.next = layer.failures = 0;
  timers.watch = setTimeout(fail, rank < 2 ? IDLE_MS : CONNECT_MS[2] + (document.hidden ? AWAY_MS : 0), layer);
  layer.worked = layer.up = true;
  layers.slice(rank + 1).forEach(end);
  swap(text);
  tell();
}

function fail(/** @type {Layer} */ layer, failures = 1) {
  close(layer);
  layer.failures += failures;
  const delay = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** (layer.failures - 1)) * (0.5 + Math.random() / 2);
  layer.retryAt = Date.now() + delay;
  layer.timers.retry = setTimeout(begin, delay, layer);
  layer.timers.next ||= setTimeout(begin, NEXT_MS, layers[layer.rank + 1]);
  if (layer.failures > Number(layer.worked)) begin(layers[layer.rank + 1]);
  tell();
}

/** Try at once, whatever the retry times say: the network is back, the tab is shown, a person asks. */
export function tryNow() {
  if (leaving) return;
  stopped = false;
  if (layers[0].up) return lookOnce();
  begin(layers[0]);
  for (const layer of layers) if (layer.retryAt) begin(layer);
}

function stop() {
  stopped = true;
  layers.forEach(end);
}

/** Ask once, beside the layers: after sleep a socket may be dead for IDLE_MS before it is known. */
function lookOnce() {
  ask(`wait=0&${since()}`).then(swap, () => {});
}

/** What was changed since a cursor below the page's own, merged element by element. */
export function catchUp(/** @type {string} */ from) {
  ask(`wait=0&since=${encodeURIComponent(from)}`).then((text) => swap(text, from), () => {});
}

/** This page is over: keep what was written, and nothing starts any more. */
function part() {
  leaving = true;
  stop();
  keepWords();
}

/** Load the page again: at once, but ever later if that does not help, so that no proxy can make a loop. */
export function loadAgain() {
  if (leaving) return;
  part();
  /** @type {number[]} */
  const times = JSON.parse(sessionStorage.getItem('reloads') ?? '[]').filter((/** @type {number} */ at) => at > Date.now() - LATE_MS);
  const wait = times.length && Math.min(RELOAD_MS * 4 ** (times.length - 1), RELOAD_MAX_MS);
  if (wait > RELOAD_MS) tell(true);
  setTimeout(() => {
    sessionStorage.setItem('reloads', JSON.stringify([...times, Date.now()]));
    location.reload();
  }, wait);
}

/** The room is closed to us. Loading it again would join an open one that was left in another tab. */
function leaveRoom() {
  if (leaving) return;
  part();
  location.replace('/rooms');
}

/** The server wants no more of this connection: because of the session, of the room, or of what we sent. */
function askWhy(/** @type {(failures?: number) => void} */ fail) {
  ask(`wait=0&${since()}`).then(loadAgain, () => leaving || fail());
}

/** The server says that this page is too far behind: wait for posts under way, then load it again. */
export async function reset() {
  await Promise.race([postsUnderWay(), new Promise((done) => setTimeout(done, SETTLE_MS))]);
  loadAgain();
}

/** What I may do here has changed: it is shown by the page around the log. */
function onRights(/** @type {any} */ event) {
  const mine = `:is([data-kind="host"], [data-kind="member"], [data-kind="owner"])[data-person="${document.body.dataset.me}"]`;
  if (!event.detail.history && event.detail.added.some((/** @type {Element} */ li) => li.matches(mine))) reset();
}

/** A hidden tab keeps its websocket; the others hold one of six connections a host, so they let go. */
function shownOrHidden() {
  if (stopped) return;
  if (!layers[0].up) layers.slice(1).forEach(end);
  if (!document.hidden) tryNow();
  if (!layers[0].up) begin(layers[1]);
}

function shownAgain(/** @type {PageTransitionEvent} */ event) {
  if (event.persisted && leaving) location.reload();
  else tryNow();
}

export function startLive() {
  log?.addEventListener('batch', onRights);
  addEventListener('online', tryNow);
  addEventListener('pagehide', stop);
  addEventListener('pageshow', shownAgain);
  document.addEventListener('visibilitychange', shownOrHidden);
  document.addEventListener('htmx:after:request', (/** @type {any} */ event) => {
    if (event.detail.ctx.response.status === 401) part(); // htmx goes to the door
  });
  tryNow();
}
