// @ts-check
/** The box where words are written: Enter, height, characters left, and a draft that outlives the page. */
import { hasFiles } from './attach.js';
import { findDraft, holdDraft } from './draft.js';
import { room } from './live.js';

const DRAFT_MS = 300; // after typing stops
const DRAFT_SHOWN_MS = 3000;
const LEFT_SHOWN = 200; // the count is of no interest before

export const form = /** @type {HTMLFormElement} */ (document.getElementById('composer'));
export const box = /** @type {HTMLTextAreaElement} */ (document.getElementById('text'));
const left = document.getElementById('left');
const draftNote = document.getElementById('draft');
const max = Number(box?.dataset.max ?? 4000);
let draftTimer = 0;
let noteTimer = 0;

/** The name under which this device keeps something for this room, whoever comes in again by whatever name. */
export const keptAs = (/** @type {string} */ what) => `${what}:${room}`;

const spare = () => max - [...box.value.trim()].length; // code points, as the server counts

function saveDraft() {
  clearTimeout(draftTimer);
  draftTimer = 0;
  holdDraft(box.value);
  draftNote?.toggleAttribute('hidden', !box.value);
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => draftNote?.setAttribute('hidden', ''), DRAFT_SHOWN_MS);
}

/** The mirror below the box gives it its height; the count comes when it matters. */
function fit() {
  const count = spare();
  if (box.parentElement) box.parentElement.dataset.value = box.value;
  if (left) {
    left.hidden = count > LEFT_SHOWN;
    left.textContent = `${count} left`;
    left.classList.toggle('over', count < 0);
  }
  if (count >= 0 && box.hasAttribute('aria-invalid')) complain();
}

function onInput() {
  fit();
  clearTimeout(draftTimer);
  draftTimer = setTimeout(saveDraft, DRAFT_MS);
}

/** Put words into the box, with the caret at their end. */
export function show(/** @type {string} */ words) {
  box.value = words;
  box.setSelectionRange(words.length, words.length);
  fit();
}

/** What stands in the box from now on. */
export function write(/** @type {string} */ words) {
  show(words);
  saveDraft();
}

/** Words that came back, before those written meanwhile. */
export const giveBack = (/** @type {string} */ words) => write([words, box.value].filter(Boolean).join('\n'));

/** Say what is wrong, or nothing any more. */
export function complain(words = '') {
  const error = document.getElementById('composer-error');
  if (!error) return;
  error.hidden = !words;
  error.textContent = words;
  box.removeAttribute('aria-invalid');
}

/** Keep what is written before the page goes. */
export function keepWords() {
  if (draftTimer) saveDraft();
}

/** Whether a key belongs to an input method, which has not written the word yet. */
export const composing = (/** @type {KeyboardEvent} */ event) => event.isComposing || event.keyCode === 229; // Safari ends composition before this key

/** Whether a key says that the words are to be sent. On a device where Enter starts a new line, Ctrl Enter does. */
export function sends(/** @type {KeyboardEvent} */ event) {
  if (event.key !== 'Enter' || event.shiftKey || event.altKey || composing(event)) return false;
  return document.documentElement.dataset.enter !== 'line' || event.ctrlKey || event.metaKey;
}

function onEnter(/** @type {KeyboardEvent} */ event) {
  if (!sends(event)) return;
  event.preventDefault();
  form.requestSubmit();
}

/** Stop a submit that cannot succeed before htmx sees it. */
function onSubmit(/** @type {Event} */ event) {
  if (event.target !== form) return;
  const over = -spare();
  if ((box.value.trim() || hasFiles()) && over <= 0) return complain();
  event.preventDefault();
  event.stopPropagation();
  if (over <= 0) return;
  complain(`${over} ${over === 1 ? 'character' : 'characters'} too many. Shorten it.`);
  box.setAttribute('aria-invalid', 'true');
}

export function startComposer() {
  if (!form) return;
  form.noValidate = true; // the box may be empty when a kept message is sent again
  box.addEventListener('keydown', onEnter);
  box.addEventListener('input', onInput);
  document.addEventListener('submit', onSubmit, true);
  addEventListener('pagehide', keepWords);
  if (!box.value) show(findDraft());
}
