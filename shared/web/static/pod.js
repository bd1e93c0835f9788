// The pages work without this file; it only makes the components of the Design System livelier.
import { initAll } from "./vendor/govuk-frontend.min.js";

initAll();
