"""Network from audio to tokens: spectrogram, Whisper layers, pointer, heads.

Beatmaps, files of weights (`files`) and fast decoding (`decoding`) are outside its modules.
"""
