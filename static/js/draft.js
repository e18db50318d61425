// @ts-check
/**
 * Words that outlive the page: kept on this device for each room and tab, so that two tabs of a room never
 * take each other's. A tab that has none of its own shows those that a closed one left.
 */
import { room } from './live.js';
import { box, show } from './composer.js';

const UNSENT = '.unsent'; // after a tab's name: what was on its way when the page went

/** Later tabs have greater names, which a reload keeps. */
function nameTab() {
  sessionStorage.setItem('tab', `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`);
  return ownDraft();
}

const ownDraft = () => `draft:${room}:${sessionStorage.getItem('tab')}`;
const tabOf = (/** @type {string} */ key) => key.split(':')[2].replace(UNSENT, '');
let myDraft = sessionStorage.getItem('tab') ? ownDraft() : nameTab();
let source = myDraft; // whose words stand in the box
/** @type {string[]} */
let borrowable = []; // by other tabs, perhaps; not looked at yet

/** Where this device keeps words for a room, the newest tab last. */
export const draftsOf = (/** @type {string | undefined} */ slug) => Object.keys(localStorage).filter((key) => key.startsWith(`draft:${slug}:`)).sort();

const keep = (/** @type {string} */ key, /** @type {string} */ words) => (words ? localStorage.setItem(key, words) : localStorage.removeItem(key));

/** What the newest of the other tabs left; they stay its own until something is done with them here. */
function borrow() {
  source = borrowable.pop() ?? myDraft;
  if (source !== myDraft) localStorage.setItem('asked', `${tabOf(source)} ${Date.now()}`); // is it really gone?
  return localStorage.getItem(source) ?? '';
}

/** The words to begin with. */
export function findDraft() {
  const own = localStorage.getItem(myDraft);
  borrowable = draftsOf(room).filter((key) => tabOf(key) !== tabOf(myDraft));
  return own ?? borrow();
}

/** What stands in the box of this tab now. */
export function holdDraft(/** @type {string} */ words) {
  if (source !== myDraft) localStorage.removeItem(source);
  source = myDraft;
  keep(myDraft, words);
}

/** What is on its way in this tab, for another one if this does not come back. */
export const holdUnsent = (/** @type {string} */ words) => keep(myDraft + UNSENT, words);

/** What other tabs do: one asks whether this is still there, one says that it is, one wrote where this does. */
function onElsewhere(/** @type {StorageEvent} */ { key, newValue }) {
  if (key === 'asked' && newValue?.startsWith(`${tabOf(myDraft)} `)) localStorage.setItem('here', newValue);
  if (!box?.value) return;
  const borrowed = source !== myDraft;
  if (key === 'here' && borrowed && newValue?.startsWith(`${tabOf(source)} `) && box.value === localStorage.getItem(source)) show(borrow());
  if (key !== myDraft || borrowed || newValue === box.value) return;
  source = myDraft = nameTab(); // it is a copy of this tab, or thought that this was gone
  holdDraft(box.value);
}

export function startDrafts() {
  addEventListener('storage', onElsewhere);
}
