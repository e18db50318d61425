// @ts-check
/** Last of the joined modules: starts what the page is for. Every page of somebody who is in is live. */
import { log, startFilter } from './filter.js';
import { room, startLive } from './live.js';
import { startStatus } from './status.js';
import { startComposer } from './composer.js';
import { startDrafts } from './draft.js';
import { startAttaching } from './attach.js';
import { startOutbox } from './outbox.js';
import { startFollowing } from './follow.js';
import { startReading } from './read.js';
import { startTyping } from './typing.js';
import { startFurniture } from './furniture.js';
import { startTools } from './tools.js';
import { startEditing } from './edit.js';
import { startArranging } from './arrange.js';
import { startReplying } from './reply.js';
import { startReacting } from './react.js';
import { startMenus } from './menu.js';
import { startDialogs } from './dialog.js';
import { startLists } from './lists.js';
import { startSwitcher } from './switcher.js';
import { startKeys } from './keys.js';
import { startPresets } from './presets.js';
import { startSettings } from './settings.js';

startMenus();
startDialogs();
startDrafts();
startLists();
startSwitcher();
startKeys();
startPresets();
startSettings();
if (log && room) {
  startFilter();
  startFurniture();
  startFollowing();
  startComposer();
  startAttaching();
  startOutbox();
  startReading();
  startTyping();
  startTools();
  startEditing();
  startArranging();
  startReplying();
  startReacting();
}
if (document.getElementById('status')) {
  startStatus();
  startLive();
}
