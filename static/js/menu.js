// @ts-check
/** Menus open and close without this; it adds the ways that people expect: Escape and a press elsewhere. */
const openMenu = () => /** @type {HTMLDetailsElement | null} */ (document.querySelector('details.menu[open]'));

function onPress(/** @type {Event} */ event) {
  const menu = openMenu();
  if (menu && !menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
}

/** Close the menu that is open; false if none is. */
export function closeMenu() {
  const menu = openMenu();
  menu?.removeAttribute('open');
  menu?.querySelector('summary')?.focus();
  return !!menu;
}

export function startMenus() {
  document.addEventListener('pointerdown', onPress);
}
