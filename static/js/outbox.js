// @ts-check
/**
 * Messages on their way. htmx posts the form; this gives it a fetch that does not give up: it waits
 * for the connection, tries again with the same nonce, and returns only what is an answer of ours.
 * While it waits, htmx's queue holds what was written later, so that messages arrive in order.
 */
import { cursor, htmx, log } from './filter.js';
import { isUp } from './live.js';
import { complain, form, giveBack, keptAs, write } from './composer.js';
import { showMine } from './follow.js';
import { clock } from './furniture.js';
import { holdUnsent } from './draft.js';
import { giveFilesBack, takeFiles, upload } from './attach.js';
import { answer, answered } from './reply.js';

const SHOWN_MS = 600; // quicker than this, nobody needs to see a message being sent
const TRIES = 3;
const GIVE_UP_MS = 20000; // with a connection; without one it waits
const TRY_MS = 8000; // one try, so that three have room
const RETRY_POST_MS = 1000; // times the number of the try
const LOOK_MS = 30000; // with no layer up, a post is tried as rarely as the best of them
const FRESH_MS = 60000; // after a reload: sent again without asking if it is not older

/** @typedef {import('./attach.js').Attached} Attached */
/** @typedef {{body: string, nonce: string, reply: string, at: number, files: Attached[], li: HTMLElement, underWay: Promise<unknown> | null}} Item */

const list = document.getElementById('outbox');
const pending = /** @type {HTMLTemplateElement} */ (document.getElementById('pending'));
/** @type {Item[]} */
let items = [];

const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));
const squeeze = (/** @type {string | null | undefined} */ text) => (text ?? '').replace(/\s/g, '');

/** Settles when no post is under way: kept failures do not count. */
export const postsUnderWay = () => Promise.allSettled(items.map((item) => item.underWay));

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(36)).join('');

const KEPT = keptAs(`sending:${document.body.dataset.me}`); // sent again by nobody else
const save = () =>
  sessionStorage.setItem(KEPT, JSON.stringify(items.map(({ body, nonce, reply, at, files }) => ({ body, nonce, reply, at, files: files.length }))));

function drop(/** @type {Item} */ item) {
  items = items.filter((other) => other !== item);
  item.li.remove();
  save();
}

/** Show how it is with a message: on its way, with these words, or not sent. */
function showItem(/** @type {Item} */ item, words = '') {
  const failed = !words;
  const text = item.li.querySelector('[data-text]');
  item.li.classList.toggle('failed', failed);
  item.li.classList.toggle('sending', !failed);
  if (text && words) text.textContent = words;
  for (const state of /** @type {NodeListOf<HTMLElement>} */ (item.li.querySelectorAll('.msg-state')))
    state.hidden = (state.dataset.state === 'failed') !== failed;
}

/** @param {string} body @param {string} nonce @param {string} reply @param {Attached[]} files */
function add(body, nonce, reply = '', files = [], at = Date.now()) {
  const li = /** @type {HTMLElement} */ (document.importNode(pending.content, true).firstElementChild);
  const item = /** @type {Item} */ ({ body, nonce, reply, at, files, li, underWay: null });
  const words = li.querySelector('.msg-body p');
  const time = li.querySelector('time');
  if (words instanceof HTMLElement) words.innerText = body.trim(); // keeps line breaks
  if (time) time.textContent = clock(new Date(at));
  li.querySelector('.thumbs')?.append(...files.map((one) => one.li));
  li.hidden = true;
  li.querySelector('[data-again]')?.addEventListener('click', () => again(item));
  li.querySelector('[data-discard]')?.addEventListener('click', () => drop(item));
  list?.append(li);
  items.push(item);
  save();
  return item;
}

/** Until a layer is up, but no longer than a retry would be. */
function connection() {
  return Promise.race([pause(LOOK_MS), new Promise((done) => {
    document.addEventListener('live', function look() {
      if (!isUp()) return;
      document.removeEventListener('live', look);
      done(true);
    });
  })]);
}

/** @typedef {{answer?: Response, slow?: boolean, retryIn?: number}} Outcome */

/** One try. An answer that is not ours (a captive portal's page) or a trouble that may pass is no answer. */
/** @returns {Promise<Outcome>} */
async function attempt(/** @type {string} */ url, /** @type {any} */ init, /** @type {Attached[]} */ files) {
  init.body.set('since', cursor());
  const answer = await (files.length
    ? upload(url, init, files)
    : fetch(url, { ...init, body: new URLSearchParams(init.body), signal: AbortSignal.timeout(TRY_MS) }));
  const retryIn = Number(answer.headers.get('Retry-After') ?? 1) * 1000;
  if (answer.status === 429 || answer.status >= 500) return { retryIn, slow: answer.status === 429 };
  const ours = answer.status >= 400 || /data-(mark|reset)/.test(await answer.clone().text());
  return { answer: ours ? answer : undefined, retryIn };
}

/** Send until there is an answer; an empty one says that it was given up and the message kept. */
async function send(/** @type {Item} */ item, /** @type {string} */ url, /** @type {any} */ init) {
  let giveUpAt = Date.now() + GIVE_UP_MS;
  for (let tries = 1; ; tries++) {
    showItem(item, 'Sending…');
    const { answer, slow, retryIn = RETRY_POST_MS * tries } = await attempt(url, init, item.files).catch(() => /** @type {Outcome} */ ({}));
    if (answer) return answer;
    if (item.files.length) giveUpAt = Date.now() + GIVE_UP_MS; // what took long was bytes that moved
    if (slow) {
      tries--;
      complain(`Slow down a little. Sending again in ${Math.ceil(retryIn / 1000)} s.`);
      giveUpAt += retryIn;
    } else if (!isUp()) {
      tries = 0;
      showItem(item, 'Waiting for the connection');
      await connection();
      giveUpAt = Date.now() + GIVE_UP_MS;
      continue;
    } else if (tries >= TRIES || Date.now() + retryIn > giveUpAt) return new Response(null, { status: 204 });
    await pause(retryIn);
    if (slow) complain();
  }
}

function again(/** @type {Item} */ item) {
  const { body, nonce, reply } = item;
  htmx.ajax('POST', form.action, { source: form, target: log, swap: 'beforeend', values: { body, nonce, reply_to: reply } });
}

/** htmx has read the form: keep the words and their nonce here, empty the box, and send in our way. */
function takeOver(/** @type {any} */ event) {
  const { ctx } = event.detail;
  if (ctx.sourceElement !== form) return;
  const words = ctx.request.body;
  const nonce = String(words.get('nonce'));
  let item = items.find((other) => other.nonce === nonce);
  if (!item) {
    item = add(String(words.get('body')), nonce, answered(), takeFiles());
    document.getElementById('nonce')?.setAttribute('value', random());
    write('');
    answer();
    showMine();
  }
  const mine = item;
  words.delete('files'); // what the picker holds
  for (const { file } of mine.files) words.append('files', file);
  mine.underWay = new Promise((done) => (ctx.done = done));
  ctx.item = mine;
  ctx.request.timeout = 0; // ours are in `send`
  ctx.fetch = (/** @type {string} */ url, /** @type {any} */ init) => send(mine, url, init);
  setTimeout(() => (mine.li.hidden = false), SHOWN_MS);
}

/** Why something was refused, in the words of the answer. */
export const errorIn = (/** @type {string=} */ text) => new DOMParser().parseFromString(text ?? '', 'text/html').querySelector('.error')?.textContent;

/** The answer is in the page. */
function finish(/** @type {any} */ event) {
  const { item, done, response, text } = event.detail.ctx;
  if (!item) return;
  item.underWay = null;
  if (!response || response.status === 204) showItem(item);
  else drop(item);
  if (response?.status >= 400) {
    giveBack(item.body);
    giveFilesBack(item.files);
    answer(answered() || item.reply);
    complain(errorIn(text) ?? 'Not sent.');
  }
  done();
}

/** A frame may bring a message before its post is answered: then its copy is not needed. */
function onBatch(/** @type {any} */ event) {
  for (const li of event.detail.added) {
    if (li.dataset.author !== document.body.dataset.me) continue;
    const words = squeeze(li.querySelector('.msg-body')?.textContent);
    const item = items.find((other) => other.underWay && squeeze(other.body) === words && !other.li.dataset.seen);
    if (item) item.li.dataset.seen = '';
  }
}

/** What was on its way when this tab left the room: by room and person, words and nonces. */
const restore = (/** @type {string} */ key) => JSON.parse(sessionStorage.getItem(key) ?? '[]');

/** What somebody else left in this tab, whose session ended, is not sent but given back. */
function giveOthersBack() {
  for (const key of Object.keys(sessionStorage)) {
    if (!key.startsWith('sending:') || !key.endsWith(keptAs('')) || key === KEPT) continue;
    const words = restore(key).map((/** @type {Item} */ item) => item.body);
    sessionStorage.removeItem(key);
    if (words.length) giveBack(words.join('\n'));
  }
}

export function startOutbox() {
  if (!form) return;
  document.addEventListener('htmx:config:request', takeOver);
  document.addEventListener('htmx:finally:request', finish);
  log.addEventListener('batch', onBatch);
  addEventListener('pagehide', () => holdUnsent(items.map((item) => item.body).join('\n')));
  addEventListener('pageshow', () => holdUnsent(''));
  giveOthersBack();
  for (const { body, nonce, reply, at, files } of restore(KEPT)) {
    const item = add(body, nonce, reply, [], at);
    if (files) { // they went with the page
      drop(item);
      giveBack(body);
      answer(answered() || reply);
    } else if (Date.now() - at < FRESH_MS) again(item);
    else showItem(item), (item.li.hidden = false);
  }
}
