"""Every setting of a training: defaults < preset < TOML file < flags."""
