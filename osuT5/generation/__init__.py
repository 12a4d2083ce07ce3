"""Events from audio: logit rules, sampling, the decode engine and the order of windows and contexts."""
