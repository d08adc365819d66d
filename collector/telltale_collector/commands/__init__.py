"""The collector's commands, one a module: functions of their arguments that give an exit code."""
