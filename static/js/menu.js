// @ts-check
/** Menus open and close without this; it adds the ways that people expect: Escape and a press elsewhere. */
const openMenu = () => /** @type {HTMLDetailsElement | null} */ (document.querySelector('details.menu[open]'));

function onPress(/** @type {Event} */ event) {
  const menu = openMenu();
  if (menu && !menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
}

function onEscape(/** @type {KeyboardEvent} */ event) {
  const menu = event.key === 'Escape' && !event.defaultPrevented && openMenu();
  if (!menu) return;
  event.preventDefault();
  menu.open = false;
  menu.querySelector('summary')?.focus();
}

export function startMenus() {
  document.addEventListener('pointerdown', onPress);
  document.addEventListener('keydown', onEscape);
}
