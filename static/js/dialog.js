// @ts-check
/** Dialogs, where without a script a link leads to a page with the same form; and codes that copy themselves. */
import { say } from './say.js';

const COPIED = '✓ Copied';
const COPIED_MS = 2000;

/** Open a dialog over the page, which gives the focus back afterwards; false if there is none of this name. */
export function openDialog(/** @type {string | undefined} */ id) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById(String(id)));
  dialog?.dispatchEvent(new Event('opening'));
  dialog?.showModal();
  return !!dialog;
}

async function copy(/** @type {HTMLElement} */ code) {
  await navigator.clipboard.writeText(String(code.dataset.copy));
  if (code.textContent === COPIED) return;
  const inside = [...code.childNodes];
  code.textContent = COPIED;
  say('Copied');
  setTimeout(() => code.replaceChildren(...inside), COPIED_MS);
}

/** Codes are plain text until they can be copied, which browsers allow over HTTPS only. */
function dressCodes() {
  for (const code of document.querySelectorAll('span[data-copy]')) {
    const button = document.createElement('button');
    for (const { name, value } of code.attributes) button.setAttribute(name, value);
    button.title = 'Copy';
    button.type = 'button';
    button.append(...code.childNodes);
    code.replaceWith(button);
  }
}

function onPressed(/** @type {MouseEvent} */ event) {
  const pressed = /** @type {HTMLElement} */ (/** @type {Element} */ (event.target).closest('[data-dialog], [data-close], [data-copy]'));
  if (!pressed || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const open = pressed.matches('[data-close]') && pressed.closest('dialog');
  if (open) open.close();
  else if (pressed.matches('button[data-copy]')) copy(pressed);
  else if (!openDialog(pressed.dataset.dialog)) return;
  event.preventDefault();
}

export function startDialogs() {
  document.addEventListener('click', onPressed);
  if (!navigator.clipboard) return;
  const observer = new MutationObserver(dressCodes); // a room may get a code, or another one
  for (const place of document.querySelectorAll('.code-place')) observer.observe(place, { childList: true });
  dressCodes();
}
