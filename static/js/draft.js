// @ts-check
/**
 * Words that outlive the page: kept on this device for each room and tab, so that two tabs of a room never
 * take each other's. A tab that has none of its own shows those that another one left.
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
let myDraft = sessionStorage.getItem('tab') ? ownDraft() : nameTab();
let source = myDraft; // whose words stand in the box

/** Where this device keeps words for a room, the newest tab last. */
export const draftsOf = (/** @type {string | undefined} */ slug) => Object.keys(localStorage).filter((key) => key.startsWith(`draft:${slug}:`)).sort();

const keep = (/** @type {string} */ key, /** @type {string} */ words) => (words ? localStorage.setItem(key, words) : localStorage.removeItem(key));

/** The words to begin with. Those of another tab stay its own until something is done with them here. */
export function findDraft() {
  if (localStorage.getItem(myDraft) === null) source = draftsOf(room).filter((key) => !key.startsWith(myDraft)).at(-1) ?? myDraft;
  return localStorage.getItem(source) ?? '';
}

/** What stands in the box of this tab now. */
export function holdDraft(/** @type {string} */ words) {
  if (source !== myDraft) localStorage.removeItem(source); // a tab that has them in its box puts them back
  source = myDraft;
  keep(myDraft, words);
}

/** What is on its way in this tab, for another one if this does not come back. */
export const holdUnsent = (/** @type {string} */ words) => keep(myDraft + UNSENT, words);

/** Whether no other tab took that. */
export const isUnsent = () => localStorage.getItem(myDraft + UNSENT) !== null;

/** What another tab does with words that stand here. */
function onOtherTab(/** @type {StorageEvent} */ { key, oldValue, newValue }) {
  if (key !== source || box.value === newValue) return;
  if (key !== myDraft) return box.value === oldValue ? show(newValue ?? '') : undefined; // they are still its own
  if (!box.value) return;
  source = myDraft = nameTab(); // it took them, or is a copy of this tab and wrote its own
  holdDraft(box.value);
}

export function startDrafts() {
  if (box) addEventListener('storage', onOtherTab);
}
