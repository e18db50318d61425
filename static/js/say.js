// @ts-check
/** Says something to those who listen to the page instead of looking at it, when nothing else is said. */
const SAY_MS = 100; // words that stand already would not be read again

const voice = document.createElement('p');
document.body.prepend(voice); // at the end it would make the page a pixel longer
voice.className = 'vh';
voice.setAttribute('role', 'status');

export function say(/** @type {string} */ words) {
  voice.textContent = '';
  setTimeout(() => (voice.textContent = words), SAY_MS);
}
