"""Records nothing: a process that comes later, and sends what others left."""

import telltale

telltale.init()
