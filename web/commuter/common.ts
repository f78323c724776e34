// What the first screens and those that come later share. Every file of the app imports it (build.mjs), so that all of it
// is one file: without that each group of screens that share something makes a file of its own, a dozen in all.
import "preact";
import "preact/hooks";
import "@preact/signals";
import "../shared/api";
import "../shared/i18n";
import "../shared/idb";
import "../shared/lazy";
import "../shared/money";
import "../shared/router";
import "../shared/session";
import "./caps";
import "./draft";
import "./emissions";
import "./orders";
import "./parts";
import "./queue";
import "./save";
import "./wallet/key";
import "./wallet/proof";
import "./wallet/qr";
