"""Real engines that answer behind the emulated AWS APIs."""
