// @ts-check
/** Last of the joined modules: starts what the page is for. Every page of somebody who is in is live. */
import { log, startFilter } from './filter.js';
import { room, startLive } from './live.js';
import { startStatus } from './status.js';
import { startComposer } from './composer.js';
import { startOutbox } from './outbox.js';
import { startFollowing } from './follow.js';
import { startFurniture } from './furniture.js';
import { startMenus } from './menu.js';
import { startSettings } from './settings.js';

startMenus();
startSettings();
if (log && room) {
  startFilter();
  startFurniture();
  startFollowing();
  startComposer();
  startOutbox();
}
if (document.getElementById('status')) {
  startStatus();
  startLive();
}
