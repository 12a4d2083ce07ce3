"""The audio-to-token network: spectrogram, Whisper layers, pointer term, key/value cache. Knows no beatmaps."""
