// @ts-check
/** Words are changed where they stand: in the form of the message's own page, fetched into the message. */
import { htmx, log } from './filter.js';
import { sends } from './composer.js';
import { errorIn } from './outbox.js';

const editor = () => /** @type {HTMLFormElement | null} */ (log?.querySelector('#edit'));

/** Leave the words as they are. The message has the focus again; false if nothing was being changed. */
export function leaveEdit() {
  const form = editor();
  const li = form?.closest('li');
  form?.remove();
  li?.focus({ preventScroll: true });
  return !!form;
}

/** Change a message that has the tool for it. */
export async function startEdit(/** @type {HTMLAnchorElement} */ link) {
  const answer = await fetch(link.href).catch(() => null);
  if (!answer) return; // the status says why
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const form = /** @type {HTMLFormElement | null} */ (page.getElementById('edit'));
  if (!form) return location.assign(link.href);
  leaveEdit();
  form.setAttribute('hx-post', form.action);
  form.setAttribute('hx-confirm', '');
  link.closest('li')?.append(form);
  htmx.process(form);
  const words = form.querySelector('textarea');
  words?.focus();
  words?.setSelectionRange(words.value.length, words.value.length);
}

/** Change what I said last. */
export function editLast() {
  const mine = log.querySelectorAll(`:scope > [data-author="${document.body.dataset.me}"] a.own`);
  if (mine.length) startEdit(/** @type {HTMLAnchorElement} */ ([...mine].at(-1)));
  return !!mine.length;
}

function onEditClick(/** @type {MouseEvent} */ event) {
  const link = /** @type {Element} */ (event.target).closest('a');
  if (event.ctrlKey || event.metaKey || event.shiftKey || !link?.matches('.own, #edit a')) return;
  event.preventDefault();
  if (link.matches('.own')) startEdit(link);
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
