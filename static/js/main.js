// @ts-check
/** Last of the joined modules: starts the others, on the page of a room only. */
import { log, startFilter } from './filter.js';
import { room, startLive } from './live.js';
import { startStatus } from './status.js';
import { startComposer } from './composer.js';
import { startOutbox } from './outbox.js';
import { startFollowing } from './follow.js';
import { startFurniture } from './furniture.js';

if (log && room) {
  startFilter();
  startFurniture();
  startFollowing();
  startStatus();
  startComposer();
  startOutbox();
  startLive();
}
