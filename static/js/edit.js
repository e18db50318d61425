// @ts-check
/** Words are changed where they stand: in the form of the message's own page, fetched into the message. */
import { htmx, log } from './filter.js';
import { sends } from './composer.js';
import { errorIn } from './outbox.js';
import { addressOf } from './tools.js';

const editor = () => /** @type {HTMLFormElement | null} */ (log?.querySelector('#edit'));

/** Leave the words as they are. The message has the focus again; false if nothing was being changed. */
export function leaveEdit() {
  const form = editor();
  const li = form?.closest('li');
  form?.remove();
  li?.focus({ preventScroll: true });
  return !!form;
}

/** Change the words of a message of mine. */
async function startEdit(/** @type {Element} */ li) {
  const address = addressOf(li);
  const answer = await fetch(address).catch(() => null);
  if (!answer) return; // the status says why
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const form = /** @type {HTMLFormElement | null} */ (page.getElementById('edit'));
  if (!form) return location.assign(`${address}#edit`);
  leaveEdit();
  form.setAttribute('hx-post', form.action);
  form.setAttribute('hx-confirm', '');
  log.querySelector(`#${li.id}:not([data-deleted])`)?.append(form); // it may be replaced by now
  htmx.process(form);
  const words = form.querySelector('textarea');
  words?.focus();
  words?.setSelectionRange(words.value.length, words.value.length);
}

/** Change what I said last. */
export function editLast() {
  const mine = log.querySelectorAll(`:scope > [data-author="${document.body.dataset.me}"]:not([data-deleted])`);
  if (mine.length) startEdit([...mine].at(-1));
  return !!mine.length;
}

function onEditClick(/** @type {MouseEvent} */ event) {
  const link = /** @type {Element} */ (event.target).closest('a');
  if (event.ctrlKey || event.metaKey || event.shiftKey || !link?.matches('.own, #edit a')) return;
  event.preventDefault();
  const li = link.matches('.own') && link.closest('li');
  if (li) startEdit(li);
  else leaveEdit();
}

function onEditKey(/** @type {KeyboardEvent} */ event) {
  if (!sends(event) || !/** @type {Element} */ (event.target).matches('#edit textarea')) return;
  event.preventDefault();
  editor()?.requestSubmit();
}

/** The answer is in the page, and the message with it; or there is a reason why not. */
function onEdited(/** @type {any} */ event) {
  const { sourceElement, response, text } = event.detail.ctx;
  const form = editor();
  if (!form || sourceElement !== form) return;
  if (response?.status < 400) return leaveEdit();
  const error = form.querySelector('.error') ?? document.createElement('p');
  error.className = 'error';
  error.setAttribute('role', 'alert');
  error.textContent = errorIn(text) ?? 'Not saved.';
  form.prepend(error);
}

export function startEditing() {
  log.addEventListener('click', onEditClick);
  log.addEventListener('keydown', onEditKey);
  document.addEventListener('htmx:finally:request', onEdited);
}
