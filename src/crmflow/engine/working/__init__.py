"""Workers: what goes on and on firing timers and handing over messages."""
