// @ts-check
// Before the first paint, and so not among the other scripts: how this device wants its pages to look.
try {
  Object.assign(document.documentElement.dataset, JSON.parse(localStorage.getItem('look') ?? '{}'));
} catch { /* a browser that keeps nothing: as the system has it */ }
