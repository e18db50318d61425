// @ts-check
/** What the words in the box answer: chosen at a message, shown above them, kept with the draft. */
import { log } from './filter.js';
import { box, keptAs } from './composer.js';

const QUOTED = 160; // characters, as in a quote

const replyField = /** @type {HTMLInputElement} */ (document.getElementById('reply-to'));
const replyNote = /** @type {HTMLElement} */ (document.getElementById('reply-note'));

/** The number of the message that is answered, if one is. */
export const answered = () => replyField.value;

/** The note shows what the page has of the message now: words that were taken back are not in it. */
function drawReply() {
  const li = document.getElementById(`m-${answered()}`);
  const [name, words] = replyNote.querySelectorAll('b, b + span');
  const body = /** @type {HTMLElement | null | undefined} */ (li?.querySelector('.msg-body'));
  const said = body?.innerText.trim().replace(/\s+/g, ' ');
  name.textContent = li?.querySelector('.msg-name')?.textContent ?? 'an earlier message';
  words.textContent = said ? `: ${said.slice(0, QUOTED)}` : '';
  replyNote.hidden = !answered();
}

/** Answer the message with this number, or none. */
export function answer(number = '') {
  replyField.value = number;
  if (number) sessionStorage.setItem(keptAs('reply'), number);
  else sessionStorage.removeItem(keptAs('reply'));
  drawReply();
}

/** Go on without answering; false if nothing was answered. */
export function leaveReply() {
  const was = !!replyField?.value;
  if (was) answer();
  return was;
}

function onReplyClick(/** @type {MouseEvent} */ event) {
  const link = /** @type {Element} */ (event.target).closest('a');
  if (event.ctrlKey || event.metaKey || event.shiftKey || !link?.matches('.answer, .quote')) return;
  if (link.matches('.answer')) {
    if (!replyField) return;
    answer(link.closest('li')?.dataset.number);
    box.focus();
  } else if (log.querySelector(link.hash)) location.hash = link.hash;
  else return; // it stands on another page
  event.preventDefault();
}

export function startReplying() {
  log.addEventListener('click', onReplyClick);
  if (!replyField) return;
  log.addEventListener('batch', drawReply);
  replyNote.querySelector('button')?.addEventListener('click', () => (answer(), box.focus()));
  answer(replyField.value || (sessionStorage.getItem(keptAs('reply')) ?? ''));
}
