// @ts-check
/** Who is writing: says so of the one who looks, and shows who else does. */
import { isUp, post } from './live.js';
import { box } from './composer.js';

const TELL_MS = 4000; // not more often, however quickly somebody writes
const TYPING_MS = 6000; // shown no longer than this after the last word of it

const line = document.getElementById('typing');
let typedAt = 0;
let typingTimer = 0;

function onTyped() {
  if (!box.value.trim() || !isUp() || Date.now() < typedAt + TELL_MS) return;
  typedAt = Date.now();
  post('typing').catch(() => {});
}

/** The names come as hidden elements; the sentence leaves out the one who reads it. */
function showTyping() {
  const people = /** @type {NodeListOf<HTMLElement>} */ (line?.querySelectorAll('[data-person]'));
  const others = [...people].filter((one) => one.dataset.person !== document.body.dataset.me);
  const names = others.map((other) => other.textContent?.trim().split(' ')[0]);
  const sentence = document.createElement('span');
  const who = names.length > 2 ? 'Several people' : names.join(' and ');
  if (who) sentence.textContent = `${who} ${names.length > 1 ? 'are' : 'is'} typing…`;
  line?.append(sentence);
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => sentence.remove(), TYPING_MS);
}

export function startTyping() {
  box?.addEventListener('input', onTyped);
  if (!line) return;
  new MutationObserver((changes) => {
    if (changes.some(({ addedNodes }) => [...addedNodes].some((node) => node instanceof HTMLElement && node.dataset.person)))
      showTyping();
  }).observe(line, { childList: true });
}
