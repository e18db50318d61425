// @ts-check
/** A kind of room fills in the settings below it, which can then be changed one by one. */
export function startPresets() {
  document.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.name !== 'preset') return;
    for (const { name, value } of target.attributes) {
      const field = name.startsWith('data-') && target.form?.elements.namedItem(name.slice(5).replaceAll('-', '_'));
      if (field) /** @type {HTMLInputElement} */ (field).value = value;
    }
  });
}
